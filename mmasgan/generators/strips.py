"""Output of a generator in bounded memory, for images of any size.

Tiles that are deblurred independently show seams, because the statistics of
instance norm depend on the tile. Here, every norm uses the statistics of the
whole image: the network runs over the image in strips of full width, once for
each norm and once for the output. Only the smallest features, those at the
bottleneck, are stored. Larger ones are computed again, which costs one eighth
more multiply-adds.
"""

import copy
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import batch_norm, relu

from ..layers import PreActResidualBlock
from .resnetv2_sft_generator import STRIDE, ResNetV2SFTGenerator

__all__ = ['has_strips', 'translate_in_strips']

# Rows above and below a strip on which it depends, at most.
IMAGE_HALO = 8
BOTTLENECK_HALO = 2

Layers = Callable[..., Tensor]
Strips = Iterator[tuple[slice, Tensor]]


def has_strips(generator: nn.Module) -> bool:
    """Return whether a generator can run in strips.

    Args:
        generator: Generator of any class.
    """
    if isinstance(generator, ResNetV2SFTGenerator):
        return True
    return hasattr(generator, 'reach') and hasattr(generator, 'stride')


@torch.inference_mode()
def translate_in_strips(
    generator: nn.Module,
    x: Tensor,
    semantic: Tensor | None = None,
    rows: int = 64,
    store: torch.dtype | None = None,
) -> Tensor:
    """Compute ``generator.eval()(x, semantic)`` strip by strip.

    Source: ours; statistics are merged as in Chan et al., 1979.

    Args:
        generator: A :class:`ResNetV2SFTGenerator`, or a generator without
            norms that has the attributes ``reach`` and ``stride``, such as
            :class:`PixelUnshuffleUNet`. It is not modified.
        x: Images, (N, in_channels, H, W), in [-1, 1].
        semantic: Class probabilities, (N, num_classes, H, W), or None.
        rows: Rows of the image per strip, a multiple of 4.
        store: Data type of stored features; None means that of ``x``.
            ``torch.float16`` takes ``base_channels`` bytes per pixel, float32
            twice as much.

    Returns:
        Images, (N, out_channels, H, W).

    Raises:
        TypeError: If a data type differs from that of the weights, or the
            generator cannot run in strips.
        ValueError: If a shape is wrong, or ``rows`` is not a multiple of 4.
    """
    if not isinstance(generator, ResNetV2SFTGenerator):
        return _with_halo(generator, x, semantic)
    if rows < STRIDE or rows % STRIDE:
        raise ValueError(f'rows must be a multiple of {STRIDE}, got {rows}')
    generator.check(x, semantic)
    network = copy.deepcopy(generator).eval()
    for module in list(network.modules()):
        for name, child in module.named_children():
            if isinstance(child, nn.InstanceNorm2d):
                setattr(module, name, _SharedNorm(child.eps))
    sweep = _Sweep(network, rows, store or x.dtype, x.dtype)
    maps = [None] * len(x) if semantic is None else semantic.split(1)
    images = zip(x.split(1), maps, strict=True)
    return torch.cat([sweep.translate(*image) for image in images])


def _with_halo(generator: Any, x: Tensor, semantic: Tensor | None) -> Tensor:
    """Run a generator with a limited receptive field."""
    if not has_strips(generator) or semantic is not None:
        raise TypeError(
            f'{type(generator).__name__} cannot run in strips: it has no '
            'attributes reach and stride, or takes a semantic map; run it on '
            'whole images'
        )
    network = copy.deepcopy(generator).eval()
    halo = -(-network.reach // network.stride) * network.stride
    strips = _strips(network, [x], 2 * halo, halo, x.dtype)
    return torch.cat([strip for _, strip in strips], dim=2)


class _SharedNorm(nn.Module):
    """Instance norm whose statistics are computed from strips."""

    def __init__(self, eps: float) -> None:
        super().__init__()
        self.eps = eps
        self.mean = self.var = torch.zeros(())

    def find(self, strips: Strips) -> None:
        """Merge the statistics of strips, as in Chan et al., 1979."""
        total = 0
        for _, strip in strips:
            count = strip.numel() // strip.shape[1]
            found = torch.var_mean(strip, (0, 2, 3), correction=0)
            var, mean = (value.double() for value in found)
            if total:
                share = count / (total + count)
                apart = mean - self.mean
                mean = self.mean + share * apart
                var = torch.lerp(self.var, var, share)
                var += share * (1 - share) * apart.square()
            total += count
            self.mean, self.var = mean, var

    def forward(self, x: Tensor) -> Tensor:
        return batch_norm(x, self.mean.to(x), self.var.to(x), eps=self.eps)


class _Sweep:
    """Strip-wise computation of a network.

    Args:
        network: Generator whose norms are :class:`_SharedNorm`.
        rows: Rows of the image per strip.
        store: Data type of stored features.
        dtype: Data type of computations.
    """

    def __init__(
        self,
        network: ResNetV2SFTGenerator,
        rows: int,
        store: torch.dtype,
        dtype: torch.dtype,
    ) -> None:
        self.network = network
        self.rows = rows
        self.store = store
        self.dtype = dtype

    def translate(self, x: Tensor, semantic: Tensor | None) -> Tensor:
        """Translate one image."""
        condition = self._condition(x, semantic)
        features = self._encode(self.network.pad(x))
        for block in self.network.blocks:
            self._add_block(block, features, condition)
        return self._decode(features, x)

    def _condition(self, x: Tensor, semantic: Tensor | None) -> Tensor | None:
        network = self.network.condition
        if network is None or semantic is None:
            return self.network.condition_of(x, semantic)
        semantic = self.network.pad(semantic)
        condition = self._empty(network.out_channels, semantic)
        return _write(condition, self._image_strips(network, semantic))

    def _encode(self, x: Tensor) -> Tensor:
        layers: Any = self.network.encoder
        for norm in (1, 4):
            _find(layers[norm], self._image_strips(layers[:norm], x))
        features = self._empty(layers[6].out_channels, x)
        _write(features, self._image_strips(layers[:7], x))
        _find(layers[7], self._strips(_same, features))
        return _write(features, self._strips(layers[7:], features))

    def _add_block(
        self, block: Any, x: Tensor, condition: Tensor | None
    ) -> None:
        """Apply a residual block in place."""
        norm1, norm2 = block.norm1, block.norm2

        def strips(layers: Layers, x: Tensor) -> Strips:
            return self._strips(layers, x, condition)

        def after(norm: nn.Module, conv: nn.Module) -> Layers:
            return lambda *given: conv(relu(norm(*given)))

        inner = torch.empty_like(x)
        if isinstance(block, PreActResidualBlock):
            _find(norm1.norm, strips(_same, x))
            _write(inner, strips(after(norm1, block.conv1), x))
            _find(norm2.norm, strips(_same, inner))
            added = strips(after(norm2, block.conv2), inner)
        else:
            _write(inner, strips(lambda x, *_: block.conv1(x), x))
            _find(norm1.norm, strips(_same, inner))
            _write(inner, strips(after(norm1, block.conv2), inner))
            _find(norm2.norm, strips(_same, inner))
            added = strips(norm2, inner)
        for rows, strip in added:
            x[:, :, rows] += strip

    def _decode(self, features: Tensor, x: Tensor) -> Tensor:
        layers = self.network.decoder
        for place, layer in enumerate(layers):
            _find(layer, self._strips(layers[:place], features))
        out = x.new_empty(1, self.network.out_channels, *x.shape[2:])
        for rows, strip in self._strips(layers, features):
            out[:, :, rows] = self.network.end(x[:, :, rows], strip)
        return out

    def _empty(self, channels: int, x: Tensor) -> Tensor:
        """Return uninitialised bottleneck features of an image."""
        height, width = (side // STRIDE for side in x.shape[2:])
        return x.new_empty(1, channels, height, width, dtype=self.store)

    def _image_strips(self, layers: Layers, x: Tensor) -> Strips:
        return _strips(layers, [x], self.rows, IMAGE_HALO, x.dtype)

    def _strips(
        self, layers: Layers, x: Tensor, condition: Tensor | None = None
    ) -> Strips:
        sources = [x] if condition is None else [x, condition]
        rows = self.rows // STRIDE
        return _strips(layers, sources, rows, BOTTLENECK_HALO, self.dtype)


def _strips(
    layers: Layers,
    sources: Sequence[Tensor],
    rows: int,
    halo: int,
    dtype: torch.dtype,
) -> Strips:
    """Apply layers strip by strip; yield the rows and output of each strip.

    Args:
        layers: Function of strips whose output has as many rows, or a fixed
            multiple.
        sources: Inputs of ``layers``. Those with one row are passed whole.
        rows: Rows of the first source per strip.
        halo: Rows above and below a strip on which its output depends. The
            padding of layers is correct at the ends of the image, and cut off
            elsewhere.
        dtype: Data type of computations.
    """
    height = sources[0].shape[2]
    for first in range(0, height, rows):
        last = min(first + rows, height)
        start, stop = max(first - halo, 0), min(last + halo, height)
        cut = (
            source if source.shape[2] == 1 else source[:, :, start:stop]
            for source in sources
        )
        out = layers(*(source.to(dtype) for source in cut))
        scale = out.shape[2] / (stop - start)  # a power of two
        begin, end, above = (
            round(scale * place) for place in (first, last, first - start)
        )
        yield slice(begin, end), out[:, :, above : above + end - begin]


def _write(target: Tensor, strips: Strips) -> Tensor:
    """Write strips into the target, which may be their source."""
    rows, strip = next(strips)
    for following in strips:  # computed before its source is overwritten
        target[:, :, rows] = strip
        rows, strip = following
    target[:, :, rows] = strip
    return target


def _find(layer: nn.Module, strips: Strips) -> None:
    if isinstance(layer, _SharedNorm):
        layer.find(strips)


def _same(x: Tensor, *_: Tensor) -> Tensor:
    return x
