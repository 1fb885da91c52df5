import numpy as np
import pytest
import torch
from numpy_reference import (
    array,
    assert_close,
    conv2d,
    convs,
    instance_norm,
    leaky_relu,
    randomize,
    zero_pad,
)
from torch import nn
from torch.autograd import gradcheck

from mmasgan.discriminators import INPatchDiscriminator


def patchgan_in_numpy(x, discriminator):
    """C64-C128-C256-C512-1, 4x4, strides 2 2 2 1 1, zero padding 1."""
    first, *middle, last = convs(discriminator)
    x = leaky_relu(conv2d(zero_pad(x, 1), first, stride=2), 0.2)
    for conv, stride in zip(middle, (2, 2, 1), strict=True):
        x = instance_norm(conv2d(zero_pad(x, 1), conv, stride))
        x = leaky_relu(x, 0.2)
    return conv2d(zero_pad(x, 1), last)


def without_norm(discriminator):
    """Replace the norms, which let every pixel of a sample see all others."""
    for number, layer in enumerate(discriminator.layers):
        if isinstance(layer, nn.InstanceNorm2d):
            discriminator.layers[number] = nn.Identity()
    return discriminator


@pytest.mark.parametrize('dtype', [torch.float32, torch.float64])
@pytest.mark.parametrize(
    ('count', 'channels', 'size'),
    [(1, 3, (24, 24)), (2, 3, (32, 41)), (2, 1, (27, 24))],
)
def test_equals_numpy(device, dtype, count, channels, size):
    discriminator = randomize(INPatchDiscriminator(channels, 2))
    discriminator.to(device, dtype)
    x = torch.rand(count, channels, *size, dtype=torch.float64) * 2 - 1
    actual = discriminator(x.to(device, dtype))
    assert_close(actual, patchgan_in_numpy(array(x), discriminator))


def test_is_pix2pixs_network():
    discriminator = INPatchDiscriminator()
    widths = [conv.weight.shape[:2] for conv in convs(discriminator)]
    assert widths == [(64, 3), (128, 64), (256, 128), (512, 256), (1, 512)]
    parameters = sum(p.numel() for p in discriminator.parameters())
    assert parameters == 2_764_737
    assert not list(discriminator.buffers())


@pytest.mark.parametrize(
    ('size', 'patches'),
    [((24, 24), (1, 1)), ((31, 32), (1, 2)), ((70, 70), (6, 6)),
     ((256, 256), (30, 30)), ((180, 320), (20, 38))],
)  # fmt: skip
def test_number_of_patches(size, patches):
    # three times a half, rounded down, then twice one less
    assert patches == tuple(side // 8 - 2 for side in size)
    logits = INPatchDiscriminator(3, 1)(torch.zeros(1, 3, *size))
    assert logits.shape == (1, 1, *patches)


def test_a_patch_is_70x70():
    discriminator = without_norm(INPatchDiscriminator(1, 2)).double()
    for parameter in discriminator.parameters():
        nn.init.ones_(parameter)  # no two paths cancel
    x = torch.ones(1, 1, 128, 128, dtype=torch.float64, requires_grad=True)
    logits = discriminator(x)
    assert logits.shape == (1, 1, 14, 14)
    row, column = 6, 7
    (gradient,) = torch.autograd.grad(logits[0, 0, row, column], x)

    seen = np.zeros((128, 128), bool)
    # stride 8; the paddings of 1 at strides 1, 2, 4, 8, 8 reach 23 back
    top, left = 8 * row - 23, 8 * column - 23
    seen[top : top + 70, left : left + 70] = True
    np.testing.assert_array_equal(gradient[0, 0].numpy() != 0, seen)


def test_samples_are_independent():
    discriminator = randomize(INPatchDiscriminator(3, 2)).double()
    x = torch.rand(3, 3, 32, 32, dtype=torch.float64, requires_grad=True)
    logits = discriminator(x)
    for n in range(3):
        assert_close(discriminator(x[n : n + 1]), array(logits[n : n + 1]))
        (gradient,) = torch.autograd.grad(
            logits[n].sum(), x, retain_graph=True
        )
        changed = gradient.abs().amax(dim=(1, 2, 3)) > 0
        assert changed.tolist() == [n == m for m in range(3)]


def test_is_unbounded_and_signed():
    discriminator = randomize(INPatchDiscriminator(3, 4), std=2)
    logits = discriminator(torch.rand(1, 3, 64, 64))
    assert logits.max() > 1
    assert logits.min() < -1


def test_training_and_evaluation_agree():
    discriminator = randomize(INPatchDiscriminator(3, 2))
    x = torch.rand(2, 3, 32, 32)
    assert torch.equal(discriminator.train()(x), discriminator.eval()(x))


def test_gradient():
    discriminator = randomize(INPatchDiscriminator(1, 1)).double()
    x = torch.rand(1, 1, 24, 24, dtype=torch.float64, requires_grad=True)
    assert gradcheck(discriminator, x, fast_mode=True)


def test_starts_at_normal_weights_and_zero_biases():
    for conv in convs(INPatchDiscriminator()):
        count = conv.weight.numel()
        mean, std = conv.weight.mean().item(), conv.weight.std().item()
        # five standard errors
        assert abs(mean) < 5 * 0.02 / count**0.5
        assert abs(std / 0.02 - 1) < 5 / (2 * count) ** 0.5
        assert not conv.bias.any()


def test_init_weights_draws_anew():
    discriminator = randomize(INPatchDiscriminator(3, 8), std=3)
    discriminator.init_weights()
    for conv in convs(discriminator):
        assert conv.weight.std() < 0.04
        assert not conv.bias.any()


@pytest.mark.parametrize(
    ('size', 'message'),
    [
        ((1, 4, 32, 32), r'x must be \(N, 3, H, W\), got \(1, 4, 32, 32\)'),
        ((3, 32, 32), r'x must be \(N, 3, H, W\), got \(3, 32, 32\)'),
        ((1, 3, 23, 24), r'at least 24x24, got 23x24'),
        ((1, 3, 24, 16), r'at least 24x24, got 24x16'),
    ],
)
def test_refuses_what_does_not_fit(size, message):
    with pytest.raises(ValueError, match=message):
        INPatchDiscriminator(3, 1)(torch.zeros(size))
