import numpy as np
import pytest
import torch
from numpy_reference import array, assert_close, randomize
from torch.autograd import gradcheck

from mmasgan.generators import PixelUnshuffleUNet
from mmasgan.generators.strips import translate_in_strips
from mmasgan.registry import MODELS

TWO = dict(channels=(4, 6), blocks=(1, 1), up_blocks=(1,))  # levels
THREE = dict(channels=(3, 4, 5), blocks=(1, 1, 1), up_blocks=(1, 1))
FOUR = dict(channels=(3, 3, 4, 4), blocks=(1, 1, 1, 1), up_blocks=(1, 1, 1))


def build(levels=TWO, std=0.3, **changes):
    """Build a small network whose residual is not small."""
    network = PixelUnshuffleUNet(**levels | changes).double()
    return randomize(network, std)


def images(height=16, width=16, count=1, channels=3):
    x = torch.rand(count, channels, height, width, dtype=torch.float64)
    return 2 * x - 1


def residual(network, x, size=4):
    """Cut into blocks, apply the trunk, put blocks together, by NumPy."""
    count, channels, height, width = x.shape
    ends = [(0, -side % network.stride) for side in (height, width)]
    fits = all(
        end < side
        for (_, end), side in zip(ends, (height, width), strict=True)
    )
    whole = np.pad(
        array(x), ((0, 0), (0, 0), *ends), mode='reflect' if fits else 'edge'
    )
    rows, columns = (side // size for side in whole.shape[2:])
    blocks = whole.reshape(count, channels, rows, size, columns, size)
    features = blocks.transpose(0, 1, 3, 5, 2, 4).reshape(
        count, channels * size**2, rows, columns
    )
    with torch.no_grad():
        out = array(network.trunk(torch.from_numpy(features.copy())))
    blocks = out.reshape(count, channels, size, size, rows, columns)
    pixels = blocks.transpose(0, 1, 4, 2, 5, 3).reshape(whole.shape)
    return pixels[:, :, :height, :width]


@pytest.mark.parametrize(
    ('levels', 'size'),
    [
        (TWO, (16, 16)),  # the smallest
        (TWO, (17, 31)),
        (THREE, (32, 48)),
        (THREE, (19, 62)),
        (FOUR, (16, 40)),  # too little to reflect: a stride of 32
        (FOUR, (33, 17)),
    ],
)
def test_it_adds_what_the_trunk_makes_of_blocks(levels, size):
    network, x = build(levels, clamp='never'), images(*size, count=2)
    added = residual(network, x)
    assert np.abs(added).max() > 0.1
    assert_close(network(x), array(x) + added)


def test_other_channels_and_blocks():
    network = build(in_channels=1, block_size=2, clamp='never')
    assert (network.out_channels, network.stride) == (1, 4)
    x = images(18, 21, channels=1)
    assert_close(network(x), array(x) + residual(network, x, 2))


@pytest.mark.parametrize(
    ('clamp', 'in_training', 'in_evaluation'),
    [
        ('eval', False, True),
        ('always', True, True),
        ('never', False, False),
    ],
)
def test_clamp(clamp, in_training, in_evaluation):
    network, x = build(clamp=clamp), images()
    raw = array(x) + residual(network, x)
    assert np.abs(raw).max() > 1.2
    for training, clamped in ((True, in_training), (False, in_evaluation)):
        out = network.train(training)(x)
        assert_close(out, np.clip(raw, -1, 1) if clamped else raw)


def test_clamps_in_evaluation_by_default():
    assert PixelUnshuffleUNet(**TWO).clamp == 'eval'


def test_a_semantic_map_changes_nothing():
    network, x = build(), images()
    assert torch.equal(network(x, torch.rand(1, 8, 16, 16)), network(x))


def test_it_starts_at_a_small_residual():
    network = PixelUnshuffleUNet().eval()
    x = images(64, 64).float()
    with torch.no_grad():
        change = (network(x) - x).abs().mean()
    assert 1e-4 < change < 0.05
    assert not network.trunk.head.bias.any()


def test_gradient():
    network = build(clamp='never', channels=(2, 2))
    assert gradcheck(network, images().requires_grad_(), fast_mode=True)


def test_gradient_reaches_all_weights():
    network = build(THREE)
    network(images(20, 20)).square().sum().backward()
    for name, weight in network.named_parameters():
        assert weight.grad.abs().max() > 0, name


@pytest.mark.parametrize('size', [(16, 24), (19, 21)])
def test_memory_layout_changes_nothing(size):
    network, x = build(), images(*size, count=2)
    with torch.no_grad():
        expected = network(x)
        layout = dict(memory_format=torch.channels_last)
        network.to(**layout)
        assert network.trunk.stem.weight.is_contiguous(**layout)
        for image in (x, x.to(**layout)):
            torch.testing.assert_close(network(image), expected)


def test_what_it_says_of_itself():
    network = PixelUnshuffleUNet(
        channels=(64, 8), blocks=(1, 2), up_blocks=(3,)
    )
    assert network.stride == 4 * 2
    # Blocks of 4 rows: stem and head, 4 residual blocks, 2 at half the size,
    # and one of rounding at each.
    assert network.reach == 4 * (2 + (2 * 4 + 1) + 2 * (2 * 2 + 1))
    assert network.features_per_pixel == 4.0


@pytest.mark.parametrize('levels', [TWO, THREE])
def test_what_lies_beyond_the_reach_changes_nothing(levels):
    network = build(levels, clamp='never')
    reach, row = network.reach, network.reach + 7
    x = images(2 * reach + 33, 16)
    other = images(2 * reach + 33, 16)
    seen = slice(row - reach, row + reach + 1)
    other[:, :, seen] = x[:, :, seen]
    with torch.no_grad():
        outs = [network(image)[:, :, row] for image in (x, other)]
        near = network(x.roll(4, dims=2))[:, :, row]
    torch.testing.assert_close(*outs, atol=1e-10, rtol=0)
    assert (near - outs[0]).abs().max() > 0.1


class TestStrips:
    # A reach of 52 rows: halos of 56, and strips of 112.
    @pytest.mark.parametrize(
        'height', [16, 56, 111, 112, 113, 168, 224, 225, 231, 250]
    )
    def test_strips_equal_the_whole(self, height):
        network = build(std=0.2)
        assert (network.reach, network.stride) == (52, 8)
        x = images(height, 17, count=2)
        actual = translate_in_strips(network, x)
        assert network.training
        with torch.no_grad():
            expected = network.eval()(x)
        assert expected.abs().max() == 1
        torch.testing.assert_close(actual, expected, atol=1e-9, rtol=0)

    @pytest.mark.parametrize('height', [240, 241, 255])
    def test_of_three_levels(self, height):
        network = build(THREE, std=0.2)
        assert network.stride == 16
        x = images(height, 20)
        actual = translate_in_strips(network, x)
        with torch.no_grad():
            expected = network.eval()(x)
        torch.testing.assert_close(actual, expected, atol=1e-9, rtol=0)

    def test_more_than_one_strip_is_computed(self):
        heights = []
        network = build()
        network.register_forward_pre_hook(
            lambda _, given: heights.append(given[0].shape[2])
        )
        translate_in_strips(network, images(250, 16))
        assert heights == [112 + 56, 56 + 112 + 26, 56 + 26]

    def test_there_is_no_map(self):
        message = (
            'PixelUnshuffleUNet cannot run in strips.* takes a semantic map'
        )
        with pytest.raises(TypeError, match=message):
            translate_in_strips(build(), images(), torch.rand(1, 8, 16, 16))

    def test_a_network_must_say_its_reach(self):
        with pytest.raises(TypeError, match='Identity cannot run in strips'):
            translate_in_strips(torch.nn.Identity(), images())


class TestRefusals:
    @pytest.mark.parametrize('clamp', ['train', True, None])
    def test_clamp(self, clamp):
        with pytest.raises(ValueError, match=f"or 'never', got {clamp!r}"):
            build(clamp=clamp)

    def test_levels(self):
        with pytest.raises(ValueError, match='one entry per level'):
            build(blocks=(1,))

    @pytest.mark.parametrize(
        ('x', 'error', 'message'),
        [
            (torch.zeros(1, 3, 15, 16), ValueError, '16x16, got 15x16'),
            (torch.zeros(1, 3, 64, 12), ValueError, '16x16, got 64x12'),
            (torch.zeros(1, 1, 16, 16), ValueError, r'\(N, 3, H, W\), got'),
            (torch.zeros(3, 16, 16), ValueError, r'got \(3, 16, 16\)'),
            (torch.zeros(0, 3, 16, 16), ValueError, 'at least one image'),
            (torch.zeros(1, 3, 16, 16).int(), TypeError, 'got torch.int32'),
        ],
    )
    def test_images(self, x, error, message):
        with pytest.raises(error, match=message):
            build()(x)


def test_registry_builds_it():
    network = MODELS.build(dict(type='mmasgan.PixelUnshuffleUNet', **THREE))
    assert (network.stride, network.in_channels) == (16, 3)
