import numpy as np
import pytest
import torch
from numpy_reference import (
    array,
    assert_close,
    condition_network,
    convs,
    randomize,
)
from torch.autograd import gradcheck

from mmasgan.layers import ConditionNetwork


def probabilities(count, classes, height, width):
    logits = torch.randn(count, classes, height, width, dtype=torch.float64)
    return logits.softmax(dim=1)


@pytest.mark.parametrize('dtype', [torch.float32, torch.float64])
@pytest.mark.parametrize(
    ('count', 'height', 'width'), [(1, 4, 4), (2, 8, 12), (3, 4, 16)]
)
def test_equals_numpy(device, dtype, count, height, width):
    network = randomize(ConditionNetwork(3, 5, 6)).to(device, dtype)
    semantic = probabilities(count, 3, height, width)
    actual = network(semantic.to(device, dtype))
    assert actual.shape == (count, 5, height // 4, width // 4)
    assert_close(actual, condition_network(array(semantic), network))


def test_widths_default_to_sftgans():
    layers = convs(ConditionNetwork())
    shapes = [tuple(conv.weight.shape) for conv in layers]
    assert shapes == [
        (128, 8, 4, 4),
        (128, 128, 1, 1),
        (128, 128, 1, 1),
        (128, 128, 1, 1),
        (32, 128, 1, 1),
    ]


def test_each_condition_sees_its_own_patch_alone():
    network = randomize(ConditionNetwork(3, 5, 6)).double()
    semantic = probabilities(2, 3, 8, 12)
    before = network(semantic)
    semantic[1, :, 4:8, 4:8] = probabilities(1, 3, 4, 4)[0]
    changed = (network(semantic) != before).any(dim=1)
    expected = np.zeros((2, 2, 3), bool)
    expected[1, 1, 1] = True
    np.testing.assert_array_equal(changed.numpy(), expected)


def test_gradient():
    network = randomize(ConditionNetwork(2, 3, 4)).double()
    semantic = probabilities(1, 2, 4, 4).requires_grad_()
    assert gradcheck(network, semantic)


def test_refuses_another_number_of_classes():
    with pytest.raises(ValueError, match=r'\(N, 8, H, W\), got \(1, 7,'):
        ConditionNetwork()(torch.zeros(1, 7, 8, 8))


@pytest.mark.parametrize('size', [(6, 8), (8, 6), (3, 3)])
def test_refuses_sides_that_the_stride_does_not_divide(size):
    with pytest.raises(ValueError, match=f'by 4, got {size[0]}x{size[1]}'):
        ConditionNetwork()(torch.zeros(1, 8, *size))
