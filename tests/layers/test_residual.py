import pytest
import torch
from numpy_reference import (
    array,
    assert_close,
    conditional_norm,
    preact_residual_block,
    randomize,
    residual_block,
)
from torch import nn
from torch.autograd import gradcheck

from mmasgan.layers import PreActResidualBlock, ResidualBlock

REFERENCES = {
    ResidualBlock: residual_block,
    PreActResidualBlock: preact_residual_block,
}
both_blocks = pytest.mark.parametrize('kind', REFERENCES)
with_and_without_sft = pytest.mark.parametrize('cond_channels', [None, 3])


def build(kind, cond_channels=None, dropout=0.5):
    return randomize(kind(4, dropout, cond_channels)).double()


def inputs(cond_channels=None, count=2, size=(5, 4)):
    x = torch.randn(count, 4, *size, dtype=torch.float64)
    if cond_channels is None:
        return x, None
    condition = torch.randn(count, cond_channels, *size, dtype=torch.float64)
    return x, condition


def arrays(*tensors):
    return [None if t is None else array(t) for t in tensors]


@both_blocks
@with_and_without_sft
@pytest.mark.parametrize('dtype', [torch.float32, torch.float64])
@pytest.mark.parametrize(('count', 'size'), [(1, (2, 2)), (2, (5, 4))])
def test_equals_numpy(device, kind, cond_channels, dtype, count, size):
    block = build(kind, cond_channels).to(device, dtype).eval()
    x, condition = inputs(cond_channels, count, size)

    given = [
        None if t is None else t.to(device, dtype) for t in (x, condition)
    ]
    actual = block(*given)

    x, condition = arrays(x, condition)
    assert_close(actual, REFERENCES[kind](x, block, condition))


@both_blocks
def test_one_condition_for_all_pixels(kind):
    block = build(kind, 3).eval()
    x, _ = inputs()
    condition = torch.randn(2, 3, 1, 1, dtype=torch.float64)
    expected = block(x, condition.expand(2, 3, 5, 4))
    assert_close(block(x, condition), array(expected))


@both_blocks
@with_and_without_sft
def test_dropout_stands_between_the_convolutions(kind, cond_channels):
    block = build(kind, cond_channels).train()
    mask = 2.0 * torch.randint(2, (2, 4, 5, 4)).double()
    (dropout,) = (m for m in block.modules() if isinstance(m, nn.Dropout))
    assert dropout.p == 0.5
    dropout.register_forward_hook(lambda _, args, out: args[0] * mask)
    x, condition = inputs(cond_channels)

    actual = block(x, condition)

    x, condition, mask = arrays(x, condition, mask)
    assert_close(actual, REFERENCES[kind](x, block, condition, mask))


@with_and_without_sft
def test_v1_with_all_dropped_is_its_last_norm_of_a_constant(cond_channels):
    block = build(ResidualBlock, cond_channels, dropout=1.0).train()
    x, condition = inputs(cond_channels)
    actual = block(x, condition)
    x, condition = arrays(x, condition)
    assert_close(actual, x + conditional_norm(0 * x, block.norm2, condition))


def test_v2_with_all_dropped_adds_its_last_bias():
    block = build(PreActResidualBlock, dropout=1.0).train()
    x, _ = inputs()
    bias = array(block.conv2.bias)[:, None, None]
    assert_close(block(x), array(x) + bias)


@both_blocks
def test_dropout_acts_in_training_alone(kind):
    block = build(kind)
    x, _ = inputs()
    block.train()
    assert not torch.equal(block(x), block(x))
    block.eval()
    assert torch.equal(block(x), block(x))


@both_blocks
@with_and_without_sft
def test_zero_last_convolution_makes_the_block_the_identity(
    kind, cond_channels
):
    # With SFT at its start; after training its shift may add something.
    block = kind(4, 0.5, cond_channels).double().eval()
    nn.init.zeros_(block.conv2.weight)
    nn.init.zeros_(block.conv2.bias)
    x, condition = inputs(cond_channels)
    assert_close(block(x, condition), array(x))


@both_blocks
@with_and_without_sft
def test_gradient(kind, cond_channels):
    block = build(kind, cond_channels).eval()
    tensors = [t for t in inputs(cond_channels, 1, (4, 3)) if t is not None]
    for tensor in tensors:
        tensor.requires_grad_()
    # along a random direction: all 84 would take seconds on a busy machine
    assert gradcheck(block, tensors, fast_mode=True)


@both_blocks
def test_norms_have_no_affine_and_no_statistics(kind):
    block = kind(4)
    assert sum(p.numel() for p in block.parameters()) == 2 * (4 * 4 * 9 + 4)
    assert not list(block.buffers())


@both_blocks
def test_sft_layers_are_two_and_not_shared(kind):
    plain, modulated = (
        sum(p.numel() for p in kind(256, 0.5, cond_channels).parameters())
        for cond_channels in (None, 32)
    )
    assert modulated - plain == 2 * 19_008


@both_blocks
def test_refuses_to_do_without_its_condition(kind):
    with pytest.raises(ValueError, match='condition is None'):
        kind(4, cond_channels=3)(torch.zeros(1, 4, 4, 4))
