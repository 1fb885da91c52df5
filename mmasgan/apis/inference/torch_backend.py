"""Backend with PyTorch."""

from contextvars import ContextVar
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ...generators.strips import has_strips, translate_in_strips
from ...utils.cpu import has_instructions
from .steps import is_heard, report

__all__ = ['PRECISIONS', 'TorchBackend', 'features_per_pixel']

PRECISIONS = ('float32', 'bfloat16', 'float16')
LARGE = 2_000_000  # pixels
# Parts of the messages of PyTorch and cuDNN if memory is short.
SHORT = ('memory', 'ALLOC_FAILED', 'valid cuDNN algorithm')
# Measured bytes per pixel and channel after the stem: of a float32 network, of
# a half-precision network, and of features stored for strips; and bytes per
# pixel of the image.
WHOLE, WHOLE_HALF, KEPT = 10.5, 5.5, 2.5
IMAGE = 60
SLACK = 100_000_000  # additional bytes for allocators
STRIP = 80  # rows per strip, including the halo
PROBE = 64  # side of the image used to count operations

# Finished and expected operations of this thread; None if not counted.
_counted: ContextVar[list[float] | None] = ContextVar('counted', default=None)


class TorchBackend:
    """Run a generator on the device of its weights.

    Args:
        generator: Generator, see :func:`~mmasgan.apis.load_generator`.
        precision: ``'float32'``; or ``'bfloat16'`` or ``'float16'``, which
            are faster on processors with instructions for them (others use
            float32, see :attr:`computed_in`), and change some pixels by one
            or two grey levels of 255. ``'auto'`` means bfloat16 for a
            generator with ``suits_bfloat16`` (no pixel changes by more than
            one grey level) on a processor with instructions for it, and
            float32 otherwise.
        in_strips: Whether to process the image in strips. This needs less
            memory, and the output differs from that of the whole image by at
            most one grey level. None means strips for images of more than two
            megapixels, if the generator supports them.

    Raises:
        ValueError: If the precision is unknown, or the generator cannot run
            in strips.
    """

    def __init__(
        self,
        generator: nn.Module,
        precision: str = 'float32',
        in_strips: bool | None = None,
    ) -> None:
        if precision not in (*PRECISIONS, 'auto'):
            raise ValueError(
                f'precision must be one of {PRECISIONS}, got {precision!r}'
            )
        if in_strips and not has_strips(generator):
            raise ValueError(
                f'{type(generator).__name__} cannot run in strips: it has no '
                'attributes stride and reach'
            )
        self.generator = generator
        self.precision = precision
        if precision == 'auto':
            self.precision = _best_precision(generator)
        self.in_strips = in_strips
        self._operations: float | None = None
        for module in generator.modules():
            is_counted = isinstance(module, nn.Conv2d | nn.ConvTranspose2d)
            if is_counted and _count not in module._forward_hooks.values():
                module.register_forward_hook(_count)

    @property
    def computed_in(self) -> str:
        """Precision of the computation on the device of the generator.

        It is float32 on processors without half-precision instructions, where
        half precision takes three times as long, and ten times the memory.
        """
        device = next(self.generator.parameters()).device
        if device.type == 'cpu' and not has_instructions(self.precision):
            return 'float32'
        return self.precision

    @torch.inference_mode()
    def __call__(
        self, image: np.ndarray, semantic: np.ndarray | None = None
    ) -> np.ndarray:
        """See :class:`~mmasgan.apis.inference.backend.Backend`."""
        device = next(self.generator.parameters()).device
        precision = self.computed_in
        x = torch.from_numpy(image).to(device).permute(2, 0, 1)[None]
        maps = None
        if semantic is not None:
            maps = torch.from_numpy(semantic).to(device)[None]
        token = _counted.set(counted := [0.0, 0.0])
        try:
            counted[1] = self._expected(x) if is_heard() else 0
            with torch.autocast(
                device.type,
                dtype=getattr(torch, precision),
                enabled=precision != 'float32',
            ):
                output = (
                    translate_in_strips(
                        self.generator, x, maps, store=torch.float16
                    )
                    if self._in_strips(x[0, 0].numel())
                    else self.generator(x, maps)
                )
            return output[0].permute(1, 2, 0).float().cpu().numpy()
        except RuntimeError as error:
            if not any(word in str(error) for word in SHORT):
                raise
            raise MemoryError(str(error)) from error
        finally:
            _counted.reset(token)

    def _expected(self, x: Tensor) -> float:
        """Estimate the number of operations for an image."""
        if self._operations is None:
            token = _counted.set(counted := [0.0, 0.0])
            try:
                self.generator(x.new_zeros(1, x.shape[1], PROBE, PROBE))
            finally:
                _counted.reset(token)
            self._operations = counted[0] / PROBE**2
        pixels = x[0, 0].numel()
        operations = self._operations * pixels
        if not self._in_strips(pixels):
            return operations
        reach = getattr(self.generator, 'reach', 0)
        return operations * (2 if 4 * reach < x.shape[2] and reach else 1.125)

    def bytes_needed(self, height: int, width: int) -> int:
        """Return an upper estimate of the memory for an image, in bytes.

        Args:
            height: Height of the image, in pixels.
            width: Width of the image, in pixels.
        """
        channels = features_per_pixel(self.generator)
        pixels = height * width
        whole = WHOLE if self.computed_in == 'float32' else WHOLE_HALF
        if not self._in_strips(pixels):
            return SLACK + int(pixels * (whole * channels + IMAGE))
        # A network with a reach stores no features, and its strips overlap.
        reach = getattr(self.generator, 'reach', 0)
        strip = min(height, 4 * reach or STRIP) * width
        kept = 0 if reach else KEPT * pixels
        features = channels * (kept + whole * strip)
        return SLACK + int(features + IMAGE * pixels)

    def _in_strips(self, pixels: int) -> bool:
        if self.in_strips is None:
            return pixels > LARGE and has_strips(self.generator)
        return self.in_strips


def _best_precision(generator: nn.Module) -> str:
    """Return the fastest precision with the accuracy of float32."""
    is_on_cpu = next(generator.parameters()).device.type == 'cpu'
    suits = is_on_cpu and getattr(generator, 'suits_bfloat16', False)
    return 'bfloat16' if suits and has_instructions('bfloat16') else 'float32'


def _count(module: Any, inputs: Any, output: Tensor) -> None:
    """Report a finished convolution; a forward hook."""
    counted = _counted.get()
    if counted is not None:
        counted[0] += module.weight.numel() * output[0, 0].numel()
        if counted[1]:
            report(counted[0] / counted[1])


def features_per_pixel(generator: nn.Module) -> float:
    """Return the number of channels of the widest features, per pixel."""
    found = getattr(generator, 'features_per_pixel', None)
    if found is not None:
        return float(found)
    convolutions = (m for m in generator.modules() if isinstance(m, nn.Conv2d))
    return next((conv.out_channels for conv in convolutions), 0)
