"""Exact resizing by area, of a window."""

import numpy as np

__all__ = ['resize_by_area']

Window = tuple[int, int, int, int]


def resize_by_area(
    maps: np.ndarray,
    size: tuple[int, int],
    window: Window | None = None,
) -> np.ndarray:
    """Resize maps such that each new pixel is the mean over its area.

    Sums over the channels are preserved. OpenCV's ``INTER_AREA`` supports at
    most four channels when shrinking, and no windows whose borders are
    between pixels.

    Args:
        maps: Maps, (K, h, w), of any values.
        size: Height and width of the whole result.
        window: Part to return, (top, left, height, width) in ``size``. None
            means the whole.

    Returns:
        Resized maps, (K, height, width), float32.

    Raises:
        ValueError: If the window is not inside of ``size``.
    """
    top, left, height, width = window or (0, 0, *size)
    if (
        min(top, left) < 0
        or min(height, width) < 1
        or top + height > size[0]
        or left + width > size[1]
    ):
        raise ValueError(f'window {window} is not inside of {size}')
    maps = _resize_axis(maps, 1, size[0], top, height)
    return _resize_axis(maps, 2, size[1], left, width)


def _resize_axis(
    maps: np.ndarray, axis: int, length: int, start: int, count: int
) -> np.ndarray:
    old = maps.shape[axis]
    if old == length:
        part = [slice(None)] * 3
        part[axis] = slice(start, start + count)
        return maps[tuple(part)].astype(np.float32)
    # Borders of the new pixels in old pixels; integers keep common borders
    # exact.
    numbers = np.arange(start, start + count + 1) * old
    first = numbers[0] // length
    last = -(-numbers[-1] // length)
    part = [slice(None)] * 3
    part[axis] = slice(first, last)
    cells = np.moveaxis(maps[tuple(part)], axis, 0).astype(np.float32)
    weights = _weights(numbers / length - first, last - first)
    resized = np.tensordot(weights, cells, axes=1)
    return np.ascontiguousarray(np.moveaxis(resized, 0, axis))


def _weights(borders: np.ndarray, cells: int) -> np.ndarray:
    """Return the weight of each old pixel in each new pixel, (new, old)."""
    left = np.arange(cells)
    overlap = np.minimum(borders[1:, None], left + 1) - np.maximum(
        borders[:-1, None], left
    )
    overlap = np.clip(overlap, 0, None)
    return (overlap / overlap.sum(1, keepdims=True)).astype(np.float32)
