"""Plan of the images that are created from the frames of videos."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ..seeding import random_state
from .scenes import Scene

__all__ = ['Piece', 'plan_pairs', 'plan_sorted', 'thresholds']

AVERAGED = (7, 9, 11, 13)  # GoPro's 7 to 13; odd, to have a middle frame
LEAST_RATIO = 1.2  # of the two thresholds


class Piece(NamedTuple):
    """An image to create, as the mean of frames.

    Attributes:
        sequence: Name of the sequence.
        domain: ``blur`` or ``sharp``.
        start: First frame.
        stop: Frame after the last one.
        name: Number in the file name.
    """

    sequence: str
    domain: str
    start: int
    stop: int
    name: int


def plan_pairs(sequence: str, scene: Scene) -> list[Piece]:
    """Plan pairs as in GoPro: means of 7 to 13 frames, and middle frames."""
    random = random_state(scene.start, scene.stop)
    pieces: list[Piece] = []
    start = scene.start
    while True:
        length = AVERAGED[random.randint(len(AVERAGED))]
        stop, middle = start + length, start + length // 2
        if stop > scene.stop:
            return pieces
        pieces.append(Piece(sequence, 'blur', start, stop, middle))
        pieces.append(Piece(sequence, 'sharp', middle, middle + 1, middle))
        start = stop


def thresholds(
    scenes: Sequence[Sequence[float]], quantile: float
) -> tuple[float, float]:
    """Compute the thresholds of sharpness for blurred and sharp frames.

    Args:
        scenes: Sharpness of the frames of each scene.
        quantile: Fraction of all frames in each domain; frames in between are
            not used.

    Returns:
        Lower and upper threshold, relative to the median of a scene.

    Raises:
        ValueError: If the sharpness of the frames hardly differs.
    """
    relative = np.concatenate([_relative(scores) for scores in scenes])
    low, high = np.quantile(relative, [quantile, 1 - quantile])
    if high < LEAST_RATIO * low:
        raise ValueError(
            'the frames of these videos hardly differ in sharpness (the '
            f'sharpest {quantile:.0%} are {high / low:.2f} times as sharp as '
            f'the most blurred {quantile:.0%}, at least {LEAST_RATIO} is '
            'needed): add videos with blurred frames, or sort the frames by '
            "hand and use 'mmasgan prepare photos'"
        )
    return float(low), float(high)


def plan_sorted(
    sequence: str,
    scene: Scene,
    scores: Sequence[float],
    limits: tuple[float, float],
    spacing: int,
) -> list[Piece]:
    """Plan the sorting of the frames of a scene into the two domains."""
    pieces: list[Piece] = []
    last = {'blur': -spacing, 'sharp': -spacing}
    for offset, score in enumerate(_relative(scores)):
        if limits[0] < score < limits[1]:
            continue
        domain = 'blur' if score <= limits[0] else 'sharp'
        if offset - last[domain] >= spacing:
            frame = scene.start + offset
            pieces.append(Piece(sequence, domain, frame, frame + 1, frame))
            last[domain] = offset
    return pieces


def _relative(scores: Sequence[float]) -> np.ndarray:
    return np.asarray(scores) / np.median(scores)
