"""The way up of frames: phones turn the picture and not the pixels."""

from typing import Any

import numpy as np

from .side_data import side_data_of

__all__ = ['Orientation', 'orientation_of', 'swaps_sides', 'turned_upright']

Orientation = tuple[int, int, int, int]
"""The matrix [a, b; c, d] of FFmpeg's ``DISPLAYMATRIX``, in 16.16 numbers."""

UPRIGHT = (1 << 16, 0, 0, 1 << 16)


def orientation_of(frame: Any) -> Orientation:
    """Return how the frames of a video have to be turned to be seen.

    Args:
        frame: The first one. PyAV keeps a frame that was asked for this in
            memory until the next garbage collection.
    """
    for part in side_data_of(frame):
        if part.type.name == 'DISPLAYMATRIX':
            numbers = np.frombuffer(part, np.int32)
            a, b, _, c, d = (int(number) for number in numbers[:5])
            return a, b, c, d
    return UPRIGHT


def swaps_sides(orientation: Orientation) -> bool:
    """Return whether it is a quarter turn."""
    a, b, c, d = orientation
    return abs(a) + abs(d) < abs(b) + abs(c)


def turned_upright(image: np.ndarray, orientation: Orientation) -> np.ndarray:
    """Turn and mirror an image, by quarters.

    Args:
        image: Pixels of shape (H, W, C).
        orientation: A point (x, y) is seen at (a x + c y, b x + d y).

    Returns:
        The pixels as they are seen, contiguous.
    """
    a, b, c, d = orientation
    if swaps_sides(orientation):
        image, a, d = image.transpose(1, 0, 2), c, b
    image = image[:: -1 if d < 0 else 1, :: -1 if a < 0 else 1]
    return np.ascontiguousarray(image)
