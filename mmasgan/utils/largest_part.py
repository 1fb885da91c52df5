"""Search for a part of an image."""

import numpy as np

__all__ = ['largest_part']


def largest_part(
    energy: np.ndarray, height: int, width: int
) -> tuple[int, int]:
    """Find the part of an array with the largest sum.

    Args:
        energy: Non-negative array, (H, W).
        height: Height of the part, at most H.
        width: Width of the part, at most W.

    Returns:
        Top and left of the part.
    """
    sums = energy.cumsum(0, dtype=np.float64).cumsum(1)
    sums = np.pad(sums, ((1, 0), (1, 0)))
    rows = sums[height:] - sums[:-height]
    parts = rows[:, width:] - rows[:, :-width]
    top, left = np.unravel_index(np.argmax(parts), parts.shape)
    return int(top), int(left)
