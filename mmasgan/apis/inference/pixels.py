"""Integer pixels through a model."""

from itertools import product

import numpy as np

from .backend import Backend

__all__ = ['deblur_pixels']

SMALLEST = 16  # of a side, what the models take


def deblur_pixels(
    backend: Backend,
    pixels: np.ndarray,
    semantic: np.ndarray | None = None,
    strength: float = 1.0,
    self_ensemble: bool = False,
) -> np.ndarray:
    """Deblur an image of 8 or 16 bits.

    Args:
        backend: Runs the model.
        pixels: RGB, (H, W, 3), uint8 or uint16, both sides at least 16.
        semantic: See :class:`Backend`.
        strength: How much of the change to the image is applied: 0 gives the
            image back, 1 is the model's output.
        self_ensemble: Whether to take the mean over the four mirrorings,
            upright and turned by a quarter: eight times as long. Lim et al.,
            Enhanced Deep Residual Networks for Single Image Super-Resolution,
            CVPRW 2017, Sec. 3.4.

    Returns:
        The sharper image, of the same shape and kind.

    Raises:
        MemoryError: If it does not fit into the memory.
        TypeError: If the pixels are of another kind.
        ValueError: If shape, map or strength do not fit.
    """
    _check(pixels, strength)
    half = np.float32(np.iinfo(pixels.dtype).max / 2)
    image = pixels.astype(np.float32, order='C')
    image -= half
    image /= half
    run = _self_ensemble if self_ensemble else _once
    output = run(backend, image, semantic)
    if strength != 1:
        output = image + np.float32(strength) * (output - image)
    output = np.clip(output, -1, 1)
    output *= half
    output += half
    return np.rint(output, out=output).astype(pixels.dtype)


def _check(pixels: np.ndarray, strength: float) -> None:
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


def _once(
    backend: Backend, image: np.ndarray, semantic: np.ndarray | None
) -> np.ndarray:
    return backend(image, semantic)


def _self_ensemble(
    backend: Backend, image: np.ndarray, semantic: np.ndarray | None
) -> np.ndarray:
    total = np.zeros_like(image)
    for turned, rows, columns in product((False, True), (1, -1), (1, -1)):
        seen = image[::rows, ::columns]
        seen_map = None if semantic is None else semantic[:, ::rows, ::columns]
        if turned:
            seen = seen.transpose(1, 0, 2)
            seen_map = None if seen_map is None else seen_map.swapaxes(1, 2)
        output = backend(
            np.ascontiguousarray(seen),
            None if seen_map is None else np.ascontiguousarray(seen_map),
        )
        if turned:
            output = output.transpose(1, 0, 2)
        total += output[::rows, ::columns]
    total /= 8
    return total
