"""Rotation of frames; phones store a rotation with the video."""

from typing import Any

import numpy as np

from .side_data import side_data_of

__all__ = ['Orientation', 'orientation_of', 'swaps_sides', 'turned_upright']

Orientation = tuple[int, int, int, int]
"""Matrix [a, b; c, d] of FFmpeg's ``DISPLAYMATRIX``, as 16.16 numbers."""

UPRIGHT = (1 << 16, 0, 0, 1 << 16)


def orientation_of(frame: Any) -> Orientation:
    """Return the display matrix of a video.

    Args:
        frame: First frame of the video; it stays in memory until the next
            garbage collection.
    """
    for part in side_data_of(frame):
        if part.type.name == 'DISPLAYMATRIX':
            numbers = np.frombuffer(part, np.int32)
            a, b, _, c, d = (int(number) for number in numbers[:5])
            return a, b, c, d
    return UPRIGHT


def swaps_sides(orientation: Orientation) -> bool:
    """Return whether the rotation swaps width and height."""
    a, b, c, d = orientation
    return abs(a) + abs(d) < abs(b) + abs(c)


def turned_upright(image: np.ndarray, orientation: Orientation) -> np.ndarray:
    """Rotate and mirror an image upright, by multiples of 90 degrees.

    Args:
        image: Pixels, (H, W, C).
        orientation: Matrix that maps a point (x, y) to
            (a x + c y, b x + d y).

    Returns:
        Upright pixels, contiguous.
    """
    a, b, c, d = orientation
    if swaps_sides(orientation):
        image, a, d = image.transpose(1, 0, 2), c, b
    image = image[:: -1 if d < 0 else 1, :: -1 if a < 0 else 1]
    return np.ascontiguousarray(image)
