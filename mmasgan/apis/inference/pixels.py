"""Deblurring of integer pixels with any backend."""

from collections.abc import Callable
from functools import partial
from itertools import product

import numpy as np
from PIL import Image

from .backend import Backend
from .steps import listening, part_of_steps

__all__ = ['NotFiniteError', 'deblur_pixels']

SMALLEST = 16  # pixels per side, for all models


class NotFiniteError(ValueError):
    """The output of a model contains NaN or infinity."""


def deblur_pixels(
    backend: Backend,
    pixels: np.ndarray,
    semantic: np.ndarray | None = None,
    strength: float = 1.0,
    self_ensemble: bool = False,
    scale: float = 1.0,
    progress: Callable[[float], None] | None = None,
) -> np.ndarray:
    """Deblur an image of 8 or 16 bits.

    Args:
        backend: Backend with the model.
        pixels: RGB image, (H, W, 3), uint8 or uint16, H and W at least 16.
        semantic: Semantic maps, see :class:`Backend`.
        strength: Fraction of the change to apply: 0 returns the image, 1 the
            output of the model.
        self_ensemble: Whether to average over all flips and rotations by 90
            degrees, which takes eight times as long. Source: Lim et al.,
            Enhanced Deep Residual Networks for Single Image Super-Resolution,
            CVPRW 2017, Sec. 3.4.
        scale: Scale of the copy that the model processes, at most 1. The
            change of the copy is enlarged and added to the image. 0.5 takes a
            quarter of the time, and halves the length of blur.
        progress: Function called repeatedly in this thread with the finished
            fraction, from 0 to 1. An exception stops the work.

    Returns:
        Deblurred image of the same shape and dtype.

    Raises:
        MemoryError: If it does not fit into the memory.
        TypeError: If the pixels have a wrong dtype.
        NotFiniteError: If the output contains NaN or infinity.
        ValueError: If shape, map, strength or scale are invalid.
    """
    _check(pixels, strength, scale)
    half = np.float32(np.iinfo(pixels.dtype).max / 2)
    image = pixels.astype(np.float32, order='C')
    image -= half
    image /= half
    run = partial(_self_ensemble, backend) if self_ensemble else backend
    with listening(progress):
        if scale == 1:
            output = run(image, semantic)
        else:
            output = _on_a_copy(run, image, semantic, scale)
    _check_finite(output)
    if strength != 1:
        output = image + np.float32(strength) * (output - image)
    output = np.clip(output, -1, 1)
    output *= half
    output += half
    return np.rint(output, out=output).astype(pixels.dtype)


def _check(pixels: np.ndarray, strength: float, scale: float) -> None:
    kind = getattr(pixels, 'dtype', type(pixels).__name__)
    if kind not in (np.uint8, np.uint16):
        raise TypeError(
            f'image must be an array of uint8 or uint16, got {kind}'
        )
    if pixels.ndim != 3 or pixels.shape[2] != 3:
        raise ValueError(f'image must be (H, W, 3), got {pixels.shape}')
    height, width = pixels.shape[:2]
    if min(height, width) < SMALLEST:
        raise ValueError(
            f'image must be at least {SMALLEST}x{SMALLEST} pixels, got '
            f'{width}x{height}'
        )
    if not 0 <= strength <= 1:
        raise ValueError(f'strength must be between 0 and 1, got {strength}')
    if not 0 < scale <= 1:
        raise ValueError(f'scale must be above 0 and at most 1, got {scale}')


def _check_finite(output: np.ndarray) -> None:
    with np.errstate(invalid='ignore'):
        # Shows NaN and infinity without another array.
        total = output.sum(dtype=np.float64)
    if not np.isfinite(total):
        raise NotFiniteError(
            'the output of the model contains NaN or infinity; use precision '
            'float32, or other weights'
        )


def _on_a_copy(
    run: Backend,
    image: np.ndarray,
    semantic: np.ndarray | None,
    scale: float,
) -> np.ndarray:
    """Add the enlarged change of a smaller copy to an image."""
    height, width = image.shape[:2]
    small = (
        max(round(scale * height), SMALLEST),
        max(round(scale * width), SMALLEST),
    )
    copy = _resized(image, small)
    if semantic is not None:
        maps = _resized(semantic.transpose(1, 2, 0), small)
        semantic = np.ascontiguousarray(maps.transpose(2, 0, 1))
    change = run(copy, semantic) - copy
    return image + _resized(change, (height, width))


def _resized(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Resize floating-point channels, (H, W, C)."""
    resample = Image.Resampling.BICUBIC  # antialiases when shrinking
    channels = (
        Image.fromarray(np.ascontiguousarray(channel)).resize(
            (size[1], size[0]), resample
        )
        for channel in np.moveaxis(image, 2, 0)
    )
    return np.stack([np.asarray(channel) for channel in channels], axis=2)


def _self_ensemble(
    backend: Backend, image: np.ndarray, semantic: np.ndarray | None = None
) -> np.ndarray:
    total = np.zeros_like(image)
    ways = product((False, True), (1, -1), (1, -1))
    for number, (turned, rows, columns) in enumerate(ways):
        seen = image[::rows, ::columns]
        seen_map = None if semantic is None else semantic[:, ::rows, ::columns]
        if turned:
            seen = seen.transpose(1, 0, 2)
            seen_map = None if seen_map is None else seen_map.swapaxes(1, 2)
        seen = np.ascontiguousarray(seen)
        if seen_map is not None:
            seen_map = np.ascontiguousarray(seen_map)
        with part_of_steps(number, 8):
            output = backend(seen, seen_map)
        if turned:
            output = output.transpose(1, 0, 2)
        total += output[::rows, ::columns]
    total /= 8
    return total
