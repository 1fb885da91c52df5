import pytest
import torch
from torch import nn
from torch.autograd import gradgradcheck

from mmasgan.layers.instance_norm import InstanceNorm2d

LAST = torch.channels_last


@pytest.mark.parametrize('count', [1, 3])
@pytest.mark.parametrize('layout', [torch.contiguous_format, LAST])
def test_equals_pytorch_and_keeps_the_layout(device, count, layout):
    x = torch.randn(count, 4, 6, 5, device=device).mul_(3).add_(1)
    x = x.to(memory_format=layout)
    given = [x.clone().requires_grad_() for _ in range(2)]
    assert given[0].is_contiguous(memory_format=layout)
    actual, expected = (
        norm(value)
        for norm, value in zip(
            (InstanceNorm2d(4), nn.InstanceNorm2d(4)), given, strict=True
        )
    )
    torch.testing.assert_close(actual, expected)
    assert actual.is_contiguous(memory_format=layout)
    weights = torch.randn_like(expected)
    for output in (actual, expected):
        (output * weights).sum().backward()
    torch.testing.assert_close(given[0].grad, given[1].grad)


def test_a_penalty_can_be_differentiated():
    x = torch.randn(2, 3, 4, 4, dtype=torch.float64)
    x = x.to(memory_format=LAST).requires_grad_()
    assert gradgradcheck(InstanceNorm2d(3), x)


def test_a_slice_that_has_neither_layout_is_normalised_too():
    x = torch.randn(2, 3, 8, 8)[..., 1:7]
    torch.testing.assert_close(InstanceNorm2d(3)(x), nn.InstanceNorm2d(3)(x))
