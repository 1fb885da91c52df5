import pytest
import torch

from mmasgan.generators import ResNetV2SFTGenerator
from mmasgan.generators.strips import translate_in_strips

CLASSES = 3


def build(**changes):
    torch.manual_seed(0)
    options = dict(base_channels=4, num_blocks=2, num_classes=CLASSES)
    generator = ResNetV2SFTGenerator(**(options | changes)).double()
    for parameter in generator.parameters():  # nothing starts at zero
        torch.nn.init.normal_(parameter, std=0.3)
    return generator


def images(count, height, width):
    x = torch.rand(count, 3, height, width, dtype=torch.float64) * 2 - 1
    # Rows that differ much, as sky and street do.
    x *= torch.linspace(0.1, 1, height, dtype=torch.float64)[:, None]
    maps = torch.randn(count, CLASSES, height, width, dtype=torch.float64)
    return x, maps.softmax(dim=1)


@pytest.mark.parametrize('block', ['v1', 'v2'])
@pytest.mark.parametrize('norm', [True, False])
@pytest.mark.parametrize('with_map', [True, False])
@pytest.mark.parametrize(
    ('count', 'size', 'rows'),
    [(1, (64, 20), 4), (2, (49, 35), 12), (1, (18, 21), 64)],
)
def test_strips_equal_the_whole(block, norm, with_map, count, size, rows):
    generator = build(block=block, norm=norm)
    x, semantic = images(count, *size)
    given = (x, semantic) if with_map else (x,)
    actual = translate_in_strips(generator, *given, rows=rows)
    assert generator.training
    with torch.no_grad():
        expected = generator.eval()(*given)
    assert expected.std() > 0.1
    torch.testing.assert_close(actual, expected, atol=1e-9, rtol=0)


def test_without_what_is_optional():
    generator = build(sft=False, global_residual=False, out_channels=1)
    x, _ = images(1, 40, 24)
    actual = translate_in_strips(generator, x, rows=8)
    with torch.no_grad():
        expected = generator.eval()(x)
    torch.testing.assert_close(actual, expected, atol=1e-9, rtol=0)


def test_features_kept_in_half_precision_are_within_a_grey_level():
    generator = ResNetV2SFTGenerator(base_channels=8)
    x, _ = (value.float() for value in images(1, 96, 64))
    actual = translate_in_strips(generator, x, rows=16, store=torch.float16)
    with torch.no_grad():
        expected = generator.eval()(x)
    assert (expected - x).abs().max() > 0.05
    assert (actual - expected).abs().max() * 127.5 < 0.5


@pytest.mark.parametrize('rows', [0, 6, -4])
def test_strips_are_multiples_of_the_stride(rows):
    with pytest.raises(ValueError, match='multiple of 4, got'):
        translate_in_strips(build(), images(1, 32, 32)[0], rows=rows)


def test_shapes_are_checked():
    x, semantic = images(1, 32, 32)
    with pytest.raises(ValueError, match='at least 16x16'):
        translate_in_strips(build(), x[..., :8])
    with pytest.raises(ValueError, match='semantic must be'):
        translate_in_strips(build(), x, semantic[:, :2])
