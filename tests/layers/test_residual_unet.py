import numpy as np
import pytest
import torch
from numpy_reference import (
    array,
    conv2d,
    randomize,
    relu,
    zero_pad,
)
from torch.autograd import gradcheck

from mmasgan.layers.residual_unet import ResidualUNet

SIZES = {  # channels, blocks, up_blocks
    'one level': ((3,), (2,), ()),
    'two levels': ((2, 3), (1, 1), (1,)),
    'three levels': ((2, 3, 4), (1, 2, 1), (1, 0)),
    'no blocks': ((2, 3, 4), (0, 0, 0), (0, 0)),
}


def build(sizes, in_channels=2, out_channels=3):
    return ResidualUNet(in_channels, out_channels, *SIZES[sizes]).double()


def conv3(x, conv):
    return conv2d(zero_pad(x, 1), conv)


def stage(x, blocks):
    for block in blocks:
        x = x + conv3(relu(conv3(relu(x), block.conv1)), block.conv2)
    return x


def double(x, conv):
    """Spread each pixel over 2x2."""
    weight, bias = array(conv.weight), array(conv.bias)
    spread = np.einsum('nchw,coij->nohiwj', x, weight)
    count, channels, height, _, width, _ = spread.shape
    spread = spread.reshape(count, channels, 2 * height, 2 * width)
    return spread + bias[:, None, None]


def network_in_numpy(network, x):
    """Go down by calling oneself, and up on the way back."""

    def below(x, level):
        x = stage(x, network.encoder[level])
        if level == len(network.down):
            return x
        deep = below(conv2d(x, network.down[level], stride=2), level + 1)
        return stage(
            x + double(deep, network.up[level]), network.decoder[level]
        )

    return conv3(relu(below(conv3(x, network.stem), 0)), network.head)


@pytest.mark.parametrize('sizes', SIZES)
def test_equals_numpy(device, sizes):
    network = randomize(build(sizes)).to(device)
    x = torch.randn(2, 2, 8, 12, dtype=torch.float64)
    actual = network(x.to(device))
    expected = network_in_numpy(network, array(x))
    assert np.abs(expected).max() > 1
    np.testing.assert_allclose(array(actual), expected, rtol=1e-9, atol=1e-8)


@pytest.mark.parametrize('sizes', SIZES)
def test_reach_is_how_far_a_row_sees(sizes):
    """All that is multiplied is positive, so that nothing cancels."""
    network = build(sizes, 1, 1)
    for weight in network.parameters():
        torch.nn.init.uniform_(weight, 0.1, 0.2)
    stride, rows = network.stride, 16 * network.reach
    rows -= rows % stride
    x = torch.rand(1, 1, rows, stride, dtype=torch.float64).requires_grad_()
    farthest = 0
    for row in range(rows // 2, rows // 2 + stride):
        out = network(x)[0, 0, row].sum()
        (gradient,) = torch.autograd.grad(out, x)
        (seen,) = gradient.abs().sum(dim=(0, 1, 3)).nonzero(as_tuple=True)
        farthest = max(farthest, row - seen.min(), seen.max() - row)
    assert farthest <= network.reach
    # What halving rounds is known to a step of the deepest level.
    assert network.reach - farthest <= stride + 1


def test_what_lies_beyond_the_reach_changes_nothing():
    network = randomize(build('two levels'), 0.3)
    row, reach = 30, network.reach
    x = torch.randn(1, 2, 64, 8, dtype=torch.float64)
    other = torch.randn_like(x)
    other[:, :, row - reach : row + reach + 1] = x[
        :, :, row - reach : row + reach + 1
    ]
    outs = [network(image)[:, :, row] for image in (x, other)]
    torch.testing.assert_close(*outs, atol=1e-12, rtol=0)


@pytest.mark.parametrize(
    ('sizes', 'stride', 'reach'),
    # stem and head; two rows a block, and one of rounding, at each level
    [
        ('one level', 1, 2 + 5),
        ('two levels', 2, 2 + 5 + 2 * 3),
        ('three levels', 4, 2 + 5 + 2 * 5 + 4 * 3),
        ('no blocks', 4, 2 + 1 + 2 + 4),
    ],
)
def test_stride_and_reach(sizes, stride, reach):
    network = build(sizes)
    assert (network.stride, network.reach) == (stride, reach)


def test_blocks_start_near_the_identity():
    torch.manual_seed(0)
    network = ResidualUNet(2, 2, (32,), (1,), ())
    (block,) = network.encoder[0]
    x = torch.randn(1, 32, 16, 16)
    change = (block(x) - x).std() / x.std()
    assert 0.03 < change < 0.3  # a tenth of what passes
    assert not block.conv1.bias.any()
    assert not block.conv2.bias.any()


def test_gradient():
    network = randomize(build('two levels'))
    x = torch.randn(1, 2, 4, 4, dtype=torch.float64, requires_grad=True)
    assert gradcheck(network, x, fast_mode=True)


def test_gradient_reaches_all_weights():
    network = build('three levels')
    network(torch.randn(2, 2, 8, 8).double()).square().sum().backward()
    for name, weight in network.named_parameters():
        assert weight.grad.abs().max() > 0, name


@pytest.mark.parametrize(
    ('channels', 'blocks', 'up_blocks'),
    [
        ((2, 3), (1, 1), (1, 1)),
        ((2, 3), (1, 1), ()),
        ((2, 3), (1,), (1,)),
        ((2,), (1, 1), (1,)),
        ((), (), ()),
    ],
)
def test_numbers_of_levels_must_fit(channels, blocks, up_blocks):
    with pytest.raises(ValueError, match='one entry per level, and up_bl'):
        ResidualUNet(2, 3, channels, blocks, up_blocks)
