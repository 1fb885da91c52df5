"""A model in PyTorch."""

import numpy as np
import torch
from torch import nn

from ..generators import ResNetV2SFTGenerator
from ..generators.strips import translate_in_strips
from ..processor import has_instructions

__all__ = ['PRECISIONS', 'TorchBackend']

PRECISIONS = ('float32', 'bfloat16', 'float16')
LARGE = 2_000_000  # pixels
# What PyTorch and cuDNN say where memory is short.
SHORT = ('memory', 'ALLOC_FAILED', 'valid cuDNN algorithm')
# Bytes a pixel for each channel after the stem, as measured: at the widest
# place of a float32 network, of a half-precision one, and of the features
# that strips keep; and for the image itself.
WHOLE, WHOLE_HALF, KEPT = 10.5, 5.5, 2.5
IMAGE = 60
SLACK = 100_000_000  # bytes that allocators may keep besides
STRIP = 80  # rows at a time, with their surroundings


class TorchBackend:
    """Runs a generator where its weights are.

    Args:
        generator: As :func:`~mmasgan.apis.load_generator` gives it.
        precision: ``'float32'``, or ``'bfloat16'`` or ``'float16'``, which
            are faster where there are instructions for them, and differ by a
            grey level or two of 255 at some pixels. A processor that has none
            computes in float32, see :attr:`computed_in`.
        in_strips: Whether in strips, which equal the whole within a grey
            level and need less memory; None is for more than two megapixels.

    Raises:
        ValueError: If there is no such precision.
    """

    def __init__(
        self,
        generator: ResNetV2SFTGenerator,
        precision: str = 'float32',
        in_strips: bool | None = None,
    ) -> None:
        if precision not in PRECISIONS:
            raise ValueError(
                f'precision must be one of {PRECISIONS}, got {precision!r}'
            )
        self.generator = generator
        self.precision = precision
        self.in_strips = in_strips

    @property
    def computed_in(self) -> str:
        """The precision that the generator's device computes in.

        A processor without instructions for half precision takes three times
        as long in it, and ten times the memory.
        """
        device = next(self.generator.parameters()).device
        if device.type == 'cpu' and not has_instructions(self.precision):
            return 'float32'
        return self.precision

    @torch.inference_mode()
    def __call__(
        self, image: np.ndarray, semantic: np.ndarray | None = None
    ) -> np.ndarray:
        """See :class:`~mmasgan.inference.Backend`."""
        device = next(self.generator.parameters()).device
        precision = self.computed_in
        x = torch.from_numpy(image).to(device).permute(2, 0, 1)[None]
        maps = None
        if semantic is not None:
            maps = torch.from_numpy(semantic).to(device)[None]
        try:
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

    def bytes_needed(self, height: int, width: int) -> int:
        """Return how much memory an image takes, rather too much.

        Args:
            height: Of the image.
            width: Of the image.
        """
        channels = next(
            (
                module.out_channels
                for module in self.generator.modules()
                if isinstance(module, nn.Conv2d)
            ),
            0,
        )
        pixels = height * width
        whole = WHOLE if self.computed_in == 'float32' else WHOLE_HALF
        if not self._in_strips(pixels):
            return SLACK + int(pixels * (whole * channels + IMAGE))
        strip = min(height, STRIP) * width
        features = channels * (KEPT * pixels + whole * strip)
        return SLACK + int(features + IMAGE * pixels)

    def _in_strips(self, pixels: int) -> bool:
        return pixels > LARGE if self.in_strips is None else self.in_strips
