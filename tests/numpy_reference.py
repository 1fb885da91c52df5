"""The networks' building stones in NumPy, from their definitions.

Nothing here calls PyTorch's operators: convolutions are loops over output
pixels, in float64. Arrays are (N, C, H, W).
"""

import numpy as np
import torch
from torch import nn

TOLERANCE = {
    torch.float64: dict(rtol=1e-9, atol=1e-9),
    torch.float32: dict(rtol=1e-4, atol=1e-4),
}
"""How far a component may be from its reference, by its precision."""


def array(tensor):
    return tensor.detach().cpu().double().numpy()


def assert_close(actual, expected):
    """Compare a tensor with an array, which must have its shape too."""
    expected = np.asarray(expected)
    assert tuple(actual.shape) == expected.shape
    np.testing.assert_allclose(
        array(actual), expected, **TOLERANCE[actual.dtype]
    )


def randomize(module, std=0.5):
    """Give all parameters values at which no term of a formula vanishes."""
    for parameter in module.parameters():
        nn.init.normal_(parameter, std=std)
    return module


def convs(module):
    """Return a module's convolutions in their order."""
    kinds = nn.Conv2d | nn.ConvTranspose2d
    return [part for part in module.modules() if isinstance(part, kinds)]


def reflect_pad(x, top, bottom, left, right):
    widths = ((0, 0), (0, 0), (top, bottom), (left, right))
    return np.pad(x, widths, mode='reflect')


def zero_pad(x, size):
    return np.pad(x, ((0, 0), (0, 0), (size, size), (size, size)))


def conv2d(x, conv, stride=1):
    """Correlate with the conv's weight, without padding, and add its bias."""
    weight, bias = array(conv.weight), array(conv.bias)
    kernel = weight.shape[-1]
    height = (x.shape[2] - kernel) // stride + 1
    width = (x.shape[3] - kernel) // stride + 1
    out = np.empty((len(x), len(weight), height, width))
    for i in range(height):
        for j in range(width):
            top, left = i * stride, j * stride
            patch = x[:, :, top : top + kernel, left : left + kernel]
            out[:, :, i, j] = np.einsum('ncij,ocij->no', patch, weight) + bias
    return out


def upconv2d(x, conv):
    """Spread each pixel by a 3x3 kernel at stride 2 to twice the size."""
    weight, bias = array(conv.weight), array(conv.bias)
    count, _, height, width = x.shape
    channels = weight.shape[1]
    out = np.zeros((count, channels, 2 * height + 2, 2 * width + 2))
    for i in range(height):
        for j in range(width):
            spread = np.einsum('nc,coij->noij', x[:, :, i, j], weight)
            out[:, :, 2 * i : 2 * i + 3, 2 * j : 2 * j + 3] += spread
    # padding 1 takes the first row and column, output padding 1 keeps one
    # more at the end than padding would leave
    return out[:, :, 1:-1, 1:-1] + bias[:, None, None]


def instance_norm(x, eps=1e-5):
    mean = x.mean(axis=(2, 3), keepdims=True)
    variance = ((x - mean) ** 2).mean(axis=(2, 3), keepdims=True)
    return (x - mean) / np.sqrt(variance + eps)


def relu(x):
    return np.maximum(x, 0)


def leaky_relu(x, slope):
    return np.where(x > 0, x, slope * x)


def sft(features, condition, layer, residual=True):
    """Return features * (1 + scale) + shift, each from the condition."""
    maps = []
    for branch in (layer.scale, layer.shift):
        first, last = convs(branch)
        hidden = leaky_relu(conv2d(condition, first), 0.1)
        maps.append(conv2d(hidden, last))
    scale, shift = maps
    return features * (scale + 1 if residual else scale) + shift


def condition_network(semantic, network):
    first, *rest = convs(network)
    out = conv2d(semantic, first, stride=4)
    for conv in rest:
        out = conv2d(leaky_relu(out, 0.1), conv)
    return out


def conditional_norm(x, norm, condition):
    x = instance_norm(x)
    return x if condition is None else sft(x, condition, norm.sft)


def _conv3(x, conv):
    return conv2d(reflect_pad(x, 1, 1, 1, 1), conv)


def residual_block(x, block, condition=None, mask=1.0):
    """x + Conv-IN-ReLU-Dropout-Conv-IN; dropout multiplies by the mask."""
    out = _conv3(x, block.conv1)
    out = mask * relu(conditional_norm(out, block.norm1, condition))
    out = _conv3(out, block.conv2)
    return x + conditional_norm(out, block.norm2, condition)


def preact_residual_block(x, block, condition=None, mask=1.0):
    """x + IN-ReLU-Conv-Dropout-IN-ReLU-Conv."""
    out = relu(conditional_norm(x, block.norm1, condition))
    out = mask * _conv3(out, block.conv1)
    out = relu(conditional_norm(out, block.norm2, condition))
    return x + _conv3(out, block.conv2)
