import sys
import warnings

import numpy as np
import numpy_reference
import pytest
import torch
from numpy_reference import (
    array,
    assert_close,
    condition_network,
    conv2d,
    convs,
    instance_norm,
    preact_residual_block,
    randomize,
    reflect_pad,
    relu,
    residual_block,
    upconv2d,
    zero_pad,
)
from torch import nn
from torch.autograd import gradcheck

from mmasgan.generators import ResNetV2SFTGenerator

BLOCKS = {'v1': residual_block, 'v2': preact_residual_block}
CLASSES = 3


def network_in_numpy(generator, block, x, semantic=None):
    """Return what Tanh puts out, before the global residual."""
    height, width = x.shape[2:]
    ends = (0, -height % 4, 0, -width % 4)
    x = reflect_pad(x, *ends)
    condition = None
    if semantic is not None:
        semantic = reflect_pad(semantic, *ends)
        condition = condition_network(semantic, generator.condition)

    stem, *strided = convs(generator.encoder)
    x = relu(instance_norm(conv2d(reflect_pad(x, 3, 3, 3, 3), stem)))
    for conv in strided:
        x = relu(instance_norm(conv2d(zero_pad(x, 1), conv, stride=2)))
    for part in generator.blocks:
        x = BLOCKS[block](x, part, condition)
    if block == 'v2':
        x = relu(instance_norm(x))
    *ups, head = convs(generator.decoder)
    for conv in ups:
        x = relu(instance_norm(upconv2d(x, conv)))
    x = np.tanh(conv2d(reflect_pad(x, 3, 3, 3, 3), head))
    return x[:, :, :height, :width]


def tiny(std=0.3, **kwargs):
    """Build a small generator none of whose parts has an effect of zero."""
    defaults = dict(base_channels=2, num_blocks=2, num_classes=CLASSES)
    generator = ResNetV2SFTGenerator(**(defaults | kwargs)).double()
    return randomize(generator, std)


def images(count=1, size=(16, 16), channels=3):
    x = torch.rand(count, channels, *size, dtype=torch.float64) * 2 - 1
    logits = torch.randn(count, CLASSES, *size, dtype=torch.float64)
    return x, logits.softmax(dim=1)


@pytest.mark.parametrize('block', BLOCKS)
@pytest.mark.parametrize('sft', [True, False])
@pytest.mark.parametrize('global_residual', [True, False])
@pytest.mark.parametrize(
    ('count', 'size'), [(2, (16, 20)), (1, (17, 18)), (1, (19, 16))]
)
def test_equals_numpy(device, block, sft, global_residual, count, size):
    generator = tiny(block=block, sft=sft, global_residual=global_residual)
    generator.to(device).eval()
    x, semantic = images(count, size)
    semantic = semantic if sft else None

    given = [t if t is None else t.to(device) for t in (x, semantic)]
    actual = generator(*given)

    x, semantic = (None if t is None else array(t) for t in (x, semantic))
    expected = network_in_numpy(generator, block, x, semantic)
    if global_residual:
        expected = np.clip(x + expected, -1, 1)
    assert_close(actual, expected)


@pytest.mark.parametrize('block', BLOCKS)
def test_single_precision(device, block):
    generator = tiny(block=block).to(device).float().eval()
    x, semantic = images(2, (18, 21))
    actual = generator(x.float().to(device), semantic.float().to(device))
    expected = array(x) + network_in_numpy(
        generator, block, array(x), array(semantic)
    )
    np.testing.assert_allclose(
        array(actual), expected.clip(-1, 1), atol=5e-4, rtol=0
    )


def test_other_channels_without_a_global_residual():
    generator = tiny(in_channels=1, out_channels=4, global_residual=False)
    x, semantic = images(channels=1)
    expected = network_in_numpy(generator, 'v2', array(x), array(semantic))
    assert_close(generator.eval()(x, semantic), expected)


@pytest.mark.parametrize(
    ('clamp', 'in_training', 'in_evaluation'),
    [
        ('eval', False, True),
        ('always', True, True),
        ('never', False, False),
    ],
)
def test_clamp(clamp, in_training, in_evaluation):
    generator = tiny(clamp=clamp, dropout=0.0)
    x, semantic = images()
    raw = array(x) + network_in_numpy(
        generator, 'v2', array(x), array(semantic)
    )
    assert np.abs(raw).max() > 1.2
    for training, clamped in ((True, in_training), (False, in_evaluation)):
        out = generator.train(training)(x, semantic)
        assert_close(out, np.clip(raw, -1, 1) if clamped else raw)


def test_clamps_in_evaluation_by_default():
    assert ResNetV2SFTGenerator(base_channels=2).clamp == 'eval'


@pytest.mark.parametrize('block', BLOCKS)
def test_dropout_acts_in_training_alone(block):
    generator = tiny(block=block, clamp='never')
    x, semantic = images()
    generator.eval()
    evaluated = generator(x, semantic)
    assert torch.equal(generator(x, semantic), evaluated)
    generator.train()
    trained = generator(x, semantic)
    assert not torch.equal(generator(x, semantic), trained)
    assert not torch.equal(trained, evaluated)


def test_dropout_is_one_half_in_each_block_by_default():
    generator = ResNetV2SFTGenerator(base_channels=2)
    found = [m.p for m in generator.modules() if isinstance(m, nn.Dropout)]
    assert found == [0.5] * 9


@pytest.mark.parametrize('size', [(16, 16), (17, 22)])
def test_no_map_stands_for_the_uniform_one(size):
    generator = tiny().eval()
    x, _ = images(2, size)
    uniform = torch.full((2, CLASSES, *size), 1 / CLASSES, dtype=x.dtype)
    with pytest.warns(UserWarning, match='no semantic map given.*1/3'):
        actual = generator(x)
    assert_close(actual, array(generator(x, uniform)))


def test_maps_matter():
    generator = tiny().eval()
    x, semantic = images()
    first = generator(x, semantic)
    assert (generator(x, semantic.flip(1)) - first).abs().max() > 1e-3


def test_warns_of_the_uniform_map_once():
    generator = tiny()
    x, semantic = images()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter('always')
        generator(x, semantic)
        assert not caught
        generator(x)
        generator(x)
        generator.eval()(x)
        generator(x, semantic)
    assert [warning.category for warning in caught] == [UserWarning]


def test_without_sft_nothing_is_warned_of_and_maps_change_nothing():
    generator = tiny(sft=False).eval()
    x, semantic = images()
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        out = generator(x)
    assert torch.equal(generator(x, semantic), out)


@pytest.mark.parametrize('block', BLOCKS)
@pytest.mark.parametrize('sft', [True, False])
def test_gradient(block, sft):
    generator = tiny(block=block, sft=sft, num_blocks=1, base_channels=1)
    generator.eval().clamp = 'never'
    tensors = images()[: 1 + sft]
    for tensor in tensors:
        tensor.requires_grad_()
    assert gradcheck(generator, tensors, fast_mode=True)


def test_all_parameters_get_a_gradient():
    generator = tiny(dropout=0.0)
    x, semantic = images(size=(20, 20))
    generator(x, semantic).square().sum().backward()
    for name, parameter in generator.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name


class TestSize:
    """Numbers of parameters, counted by hand."""

    @staticmethod
    def count(**kwargs):
        generator = ResNetV2SFTGenerator(**kwargs)
        return sum(p.numel() for p in generator.parameters())

    @pytest.mark.parametrize('block', BLOCKS)
    def test_resnet_is_cyclegans(self, block):
        assert self.count(block=block, sft=False) == 11_378_179

    def test_sft_adds_a_condition_network_and_two_layers_a_block(self):
        condition = 128 * (8 * 16 + 1) + 3 * 128 * 129 + 32 * 129
        assert self.count() == 11_378_179 + condition + 18 * 19_008

    def test_has_no_buffers(self):
        assert not list(ResNetV2SFTGenerator(base_channels=2).buffers())


@pytest.fixture(scope='module')
def generator():
    torch.manual_seed(0)
    return ResNetV2SFTGenerator(num_blocks=3)


class TestStart:
    @staticmethod
    def trunk(generator):
        parts = [generator.encoder, generator.decoder]
        for block in generator.blocks:
            parts += [block.conv1, block.conv2]
        return [conv for part in parts for conv in convs(part)]

    def test_trunk_is_normal_with_zero_biases(self, generator):
        trunk = self.trunk(generator)
        assert len(trunk) == 3 + 2 * 3 + 3
        for conv in trunk:
            weight = array(conv.weight) / 0.02
            # five standard errors of mean, deviation and kurtosis
            bound = 5 / weight.size**0.5
            assert abs(weight.mean()) < bound
            assert abs(weight.std() - 1) < bound / 2**0.5
            assert abs(np.mean(weight**4) - 3) < bound * 96**0.5
            assert not conv.bias.any()

    def test_trunk_and_condition_path_are_all_there_is(self, generator):
        paths = [generator.condition]
        for block in generator.blocks:
            paths += [block.norm1.sft, block.norm2.sft]
        parts = [*self.trunk(generator), *paths]
        counted = sum(p.numel() for part in parts for p in part.parameters())
        assert counted == sum(p.numel() for p in generator.parameters())

    def test_condition_path_is_not_shrunk(self, generator):
        path = convs(generator.condition)
        for block in generator.blocks:
            for sft in (block.norm1.sft, block.norm2.sft):
                path += [sft.scale[0], sft.shift[0]]
        for conv in path:
            # PyTorch's own: uniform in +-1 / sqrt(fan_in)
            fan_in = conv.weight[0].numel()
            expected = (3 * fan_in) ** -0.5
            assert conv.weight.std().item() == pytest.approx(expected, rel=0.1)

    @pytest.mark.parametrize('block', BLOCKS)
    def test_maps_have_no_effect_yet(self, block):
        generator = ResNetV2SFTGenerator(
            base_channels=2, num_blocks=2, block=block, num_classes=CLASSES
        )
        generator.double().eval()
        x, semantic = images()
        expected = np.clip(
            array(x) + network_in_numpy(generator, block, array(x)), -1, 1
        )
        assert_close(generator(x, semantic), expected)

    def test_init_weights_draws_the_trunk_anew(self):
        generator = ResNetV2SFTGenerator(base_channels=4, num_blocks=1)
        before = {k: v.clone() for k, v in generator.state_dict().items()}
        generator.init_weights()
        for name, value in generator.state_dict().items():
            same = torch.equal(value, before[name])
            path = 'condition' in name or 'sft' in name
            assert same == (path or name.endswith('bias')), name


class TestWithoutNorms:
    @pytest.mark.parametrize('block', BLOCKS)
    def test_equals_numpy(self, monkeypatch, block):
        for module in (numpy_reference, sys.modules[__name__]):
            monkeypatch.setattr(module, 'instance_norm', lambda x: x)
        generator = tiny(0.1, block=block, norm=False).eval()
        x, semantic = images(size=(17, 20))
        expected = np.clip(
            array(x)
            + network_in_numpy(generator, block, array(x), array(semantic)),
            -1,
            1,
        )
        assert_close(generator(x, semantic), expected)

    def test_a_pixel_is_seen_nearby_only(self):
        x, _ = images(size=(16, 256))
        other = x.clone()
        other[..., 0] = 0
        for norm, is_local in ((True, False), (False, True)):
            generator = tiny(norm=norm, sft=False).eval()
            far = [generator(image)[..., 192:] for image in (x, other)]
            assert torch.equal(*far) == is_local

    def test_names_stay(self):
        names = [list(tiny(norm=norm).state_dict()) for norm in (True, False)]
        assert names[0] == names[1]

    def test_starts_at_a_small_residual(self):
        torch.manual_seed(0)
        generator = ResNetV2SFTGenerator(norm=False, sft=False).eval()
        x = torch.rand(1, 3, 32, 32) * 2 - 1
        residual = (generator(x) - x).abs().mean()
        assert 1e-4 < residual < 0.02


class TestRefusals:
    @pytest.mark.parametrize(
        ('kwargs', 'message'),
        [
            (dict(block='v3'), r"block must be 'v1' or 'v2', got 'v3'"),
            (dict(clamp='train'), r"clamp must be one of .*, got 'train'"),
            (dict(clamp=True), r'clamp must be one of .*, got True'),
            (
                dict(out_channels=1),
                r'in_channels == out_channels, got 3 and 1',
            ),
        ],
    )
    def test_arguments(self, kwargs, message):
        with pytest.raises(ValueError, match=message):
            tiny(**kwargs)

    @pytest.mark.parametrize(
        ('x', 'message'),
        [
            ((1, 1, 16, 16), r'x must be \(N, 3, H, W\), got \(1, 1, 16, 16'),
            ((3, 16, 16), r'x must be \(N, 3, H, W\), got \(3, 16, 16\)'),
            ((1, 3, 15, 16), r'at least 16x16, got 15x16'),
            ((1, 3, 64, 12), r'at least 16x16, got 64x12'),
        ],
    )
    def test_images(self, x, message):
        with pytest.raises(ValueError, match=message):
            tiny()(torch.zeros(x))

    @pytest.mark.parametrize(
        'semantic',
        [(1, 3, 16, 16), (2, 4, 16, 16), (2, 3, 4, 4), (3, 16, 16)],
    )
    def test_maps(self, semantic):
        with pytest.raises(
            ValueError, match=r'semantic must be \(2, 3, 16, 16\) to match'
        ):
            tiny()(torch.zeros(2, 3, 16, 16), torch.zeros(semantic))


def test_other_types_than_the_weights_are_named():
    generator = tiny().float()
    x, semantic = (given.float() for given in images())
    message = 'must be torch.float32, as the weights are, got torch.float64'
    with pytest.raises(TypeError, match=f'x {message}'):
        generator(x.double(), semantic)
    with pytest.raises(TypeError, match=f'semantic {message}'):
        generator(x, semantic.double())
    with torch.autocast('cpu', dtype=torch.bfloat16):
        generator(x.bfloat16(), semantic)


def test_an_empty_batch_is_named():
    with pytest.raises(ValueError, match='x must contain at least one image'):
        tiny()(torch.zeros(0, 3, 16, 16, dtype=torch.float64))
