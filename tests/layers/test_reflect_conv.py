import pytest
import torch
from torch import nn
from torch.autograd import gradgradcheck
from torch.nn.functional import pad

from mmasgan.layers.reflect_conv import ReflectConv2d, reflection_pad

LAST = torch.channels_last


@pytest.fixture(params=[False, True])
def _deterministic(request):
    """Let PyTorch refuse what has no deterministic gradient, or not."""
    torch.use_deterministic_algorithms(request.param)
    yield
    torch.use_deterministic_algorithms(False)


@pytest.mark.usefixtures('_deterministic')
@pytest.mark.parametrize('dtype', [torch.float32, torch.bfloat16])
@pytest.mark.parametrize('layout', [torch.contiguous_format, LAST])
@pytest.mark.parametrize('size', [1, 3])
def test_pads_as_pytorch_and_keeps_the_layout(device, dtype, layout, size):
    x = torch.randn(2, 3, 4, 7, device=device, dtype=dtype)
    x = x.to(memory_format=layout)
    padded = reflection_pad(x, size)
    assert torch.equal(padded, pad(x, [size] * 4, mode='reflect'))
    if device.type == 'cpu':
        assert padded.is_contiguous(memory_format=layout)


@pytest.mark.usefixtures('_deterministic')
@pytest.mark.parametrize('layout', [torch.contiguous_format, LAST])
@pytest.mark.parametrize('size', [1, 3])
def test_has_the_gradient_of_pytorch(size, layout):
    x = torch.randn(2, 3, 4, 7, dtype=torch.float64).to(memory_format=layout)
    given = [x.clone().requires_grad_() for _ in range(2)]
    outputs = (
        reflection_pad(given[0], size),
        pad(given[1], [size] * 4, mode='reflect'),
    )
    weights = torch.randn_like(outputs[0])
    for output in outputs:
        (output * weights).sum().backward()
    torch.testing.assert_close(given[0].grad, given[1].grad)
    less = torch.randn(2, 2, 4, 5, dtype=torch.float64)
    less = less.to(memory_format=layout).requires_grad_()
    assert gradgradcheck(lambda x: reflection_pad(x, size), less)


def test_views_are_padded_too():
    x = torch.randn(2, 3, 8, 8)
    for view in (x[..., 1:7], x[:, :, ::2], x.mT, x[:1].expand(2, -1, -1, -1)):
        expected = pad(view, [1] * 4, mode='reflect')
        assert torch.equal(reflection_pad(view, 1), expected)


@pytest.mark.parametrize('layout', [torch.contiguous_format, LAST])
def test_too_small_an_image_is_an_error(layout):
    x = torch.randn(1, 2, 3, 5).to(memory_format=layout)
    with pytest.raises(RuntimeError, match=r'[Pp]adding size'):
        reflection_pad(x, 3)


@pytest.mark.parametrize('layout', [torch.contiguous_format, LAST])
@pytest.mark.parametrize('kernel_size', [3, 7])
def test_convolves_as_pytorch_by_the_same_weights(device, layout, kernel_size):
    ours = ReflectConv2d(3, 4, kernel_size)
    theirs = nn.Conv2d(
        3, 4, kernel_size, padding=kernel_size // 2, padding_mode='reflect'
    )
    theirs.load_state_dict(ours.state_dict())
    x = torch.randn(2, 3, 8, 9, device=device).to(memory_format=layout)
    torch.testing.assert_close(ours.to(device)(x), theirs.to(device)(x))
