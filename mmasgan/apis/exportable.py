"""Generators in a form for export: one graph for all sizes.

The output is that of the generator. Some operations are arranged differently,
where this is faster.
"""

import copy
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import (
    conv2d,
    instance_norm,
    pad,
    pixel_shuffle,
    pixel_unshuffle,
)

from ..generators import PixelUnshuffleUNet, ResNetV2SFTGenerator
from ..generators.resnetv2_sft_generator import STRIDE
from ..layers.reflect_conv import ReflectConv2d
from ..layers.residual import ConditionalInstanceNorm

__all__ = [
    'ExportableGenerator',
    'exportable',
    'keep_weights',
    'names_of_weights',
]


def exportable(generator: nn.Module, semantic: bool = False) -> nn.Module:
    """Return a generator in a form for export.

    Args:
        generator: Module with ``forward(x, semantic=None)``. The graph of
            generators of this library does not depend on the size of images;
            others are exported unchanged.
        semantic: Semantic maps, see :class:`ExportableGenerator`.

    Raises:
        ValueError: If ``semantic`` is set, but the generator has no SFT
            layers or no ``num_classes``.
    """
    if isinstance(generator, ResNetV2SFTGenerator):
        return ExportableGenerator(generator, semantic)
    if semantic and not hasattr(generator, 'num_classes'):
        raise ValueError(
            'semantic: this generator has no SFT layers, so it takes no '
            'semantic map'
        )
    network = copy.deepcopy(generator).cpu().float().eval()
    network.to(memory_format=torch.contiguous_format)
    if isinstance(network, PixelUnshuffleUNet):
        return _ExportableUNet(network)
    return network


def keep_weights(network: nn.Module) -> None:
    """Restore the original weights of a generator, in place."""
    if isinstance(network, ExportableGenerator):
        decoder: Any = network.network.decoder
        decoder[-2] = decoder[-2].plain[0]


def names_of_weights(network: nn.Module) -> dict[str, str]:
    """Return the original names of exported weights.

    Returns:
        Names in the file of the generator, by names in the exported model.
    """
    names = getattr(network, 'names', None)
    if names is None:
        return {name: name for name in network.state_dict()}
    return {f'network.{name}': name for name in names}


class _ExportableUNet(nn.Module):
    """A :class:`PixelUnshuffleUNet` with one graph for all sizes."""

    def __init__(self, network: PixelUnshuffleUNet) -> None:
        super().__init__()
        self.names = list(network.state_dict())
        self.network = network

    def forward(self, image: Tensor) -> Tensor:
        network = self.network
        features = pixel_unshuffle(
            _pad(image, network.stride), network.block_size
        )
        out = pixel_shuffle(network.trunk(features), network.block_size)
        out = image + _crop(out, image)
        return out if network.clamp == 'never' else out.clamp(-1, 1)


class ExportableGenerator(nn.Module):
    """A generator whose graph does not depend on the size of its images.

    Args:
        generator: Generator, which is copied to the CPU, in float32 and
            evaluation mode.
        semantic: Whether semantic maps are an input; otherwise, SFT layers
            use the uniform map and are constants.

    Shape:
        Images (N, in_channels, H, W) in [-1, 1], H and W at least 16, and
        optionally maps (N, num_classes, H, W), to (N, out_channels, H, W).

    Raises:
        ValueError: If ``semantic`` is set, but there are no SFT layers.
    """

    def __init__(
        self, generator: ResNetV2SFTGenerator, semantic: bool = False
    ) -> None:
        super().__init__()
        if semantic and generator.condition is None:
            raise ValueError(
                'semantic: this generator has no SFT layers, so it takes no '
                'semantic map'
            )
        self.names = list(generator.state_dict())
        network = copy.deepcopy(generator).cpu().float().eval()
        # Padding of channels-last features would be traced differently.
        network.to(memory_format=torch.contiguous_format)
        if network.condition is not None and not semantic:
            _fix_condition(network)
        decoder: Any = network.decoder
        decoder[-2] = _BlockwiseConv2d(decoder[-2])  # before Tanh
        self.network = network

    def forward(self, image: Tensor, semantic: Tensor | None = None) -> Tensor:
        """Translate images; see the class."""
        network = self.network
        condition = None
        if semantic is not None and network.condition is not None:
            # This check lets the graph use equal sizes.
            if semantic.shape[2:] != image.shape[2:]:
                raise ValueError('image and semantic differ in size')
            condition = network.condition(_pad(semantic))
        features = network.encoder(_pad(image))
        for block in network.blocks:
            features = block(features, condition)
        return network.end(image, _crop(network.decoder(features), image))


def _pad(x: Tensor, stride: int = STRIDE) -> Tensor:
    """Pad as the generator, without a condition on the size."""
    height, width = x.shape[-2:]
    return pad(x, (0, -width % stride, 0, -height % stride), mode='reflect')


def _crop(out: Tensor, image: Tensor) -> Tensor:
    """Crop by indices, because a slice would compare the sizes."""
    for axis in (2, 3):
        kept = torch.arange(image.shape[axis], device=out.device)
        out = out.index_select(axis, kept)
    return out


@torch.no_grad()
def _fix_condition(network: ResNetV2SFTGenerator) -> None:
    """Replace SFT layers by constants for the uniform map."""
    images = torch.zeros(1, network.in_channels, STRIDE, STRIDE)
    network._warned_uniform = True  # intended here
    condition = network.condition_of(images, None)
    network.condition = None
    for block in network.blocks:
        for name, child in list(block.named_children()):
            if isinstance(child, ConditionalInstanceNorm):
                setattr(block, name, _FixedNorm(child, condition))


class _FixedNorm(nn.Module):
    """Instance norm and SFT layer with a condition, (1, C, 1, 1)."""

    def __init__(self, norm: Any, condition: Any) -> None:
        super().__init__()
        scale, shift = norm.sft.scale(condition), norm.sft.shift(condition)
        self.scale = nn.Parameter(scale + 1 if norm.sft.residual else scale)
        self.shift = nn.Parameter(shift)
        self.norm = norm.norm

    def forward(self, x: Tensor, condition: None = None) -> Tensor:
        if not isinstance(self.norm, nn.InstanceNorm2d):
            return torch.addcmul(self.shift, x, self.scale)
        weight, bias = self.scale.flatten(), self.shift.flatten()
        return instance_norm(x, weight=weight, bias=bias, eps=self.norm.eps)


class _BlockwiseConv2d(nn.Module):
    """Convolution that computes blocks of 2x2 pixels.

    Runtimes on a CPU compute at least 16 channels, of which an image uses 3.
    Computing 12 channels of every second pixel, by a larger kernel, takes a
    third of the time.

    Shape:
        (N, in_channels, H, W), H and W even, to (N, out_channels, H, W).
    """

    def __init__(self, conv: ReflectConv2d) -> None:
        super().__init__()
        self.plain = [conv]  # in a list, so that it is not a submodule
        weight, bias = conv.weight.detach(), conv.bias
        channels, in_channels, size, _ = weight.shape
        shape = (channels, 2, 2, in_channels, size + 1, size + 1)
        kernels = weight.new_zeros(shape)
        for row in range(2):
            for column in range(2):
                rows = slice(row, row + size)
                columns = slice(column, column + size)
                kernels[:, row, column, :, rows, columns] = weight
        self.weight = nn.Parameter(kernels.flatten(0, 2))
        assert bias is not None
        self.bias = nn.Parameter(bias.detach().repeat_interleave(4))
        self.padding = [size // 2] * 4

    def forward(self, x: Tensor) -> Tensor:
        x = pad(x, self.padding, mode='reflect')
        return pixel_shuffle(conv2d(x, self.weight, self.bias, stride=2), 2)
