"""Scenes of videos, and their assignment to domains."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import cv2
import numpy as np

__all__ = ['Scene', 'assign_domains', 'cut_into_scenes', 'is_cut', 'thumbnail']

CUT = 30.0  # grey levels of 255, mean over a thumbnail
GAP = 0.5  # seconds omitted on each side of a division


class Scene(NamedTuple):
    """Consecutive frames of a video."""

    start: int
    stop: int  # the frame after the last one


def thumbnail(image: np.ndarray) -> np.ndarray:
    """Shrink a frame for the detection of cuts.

    Args:
        image: RGB image, (H, W, 3), uint8.

    Returns:
        Thumbnail, (18, 32, 3), uint8.
    """
    return cv2.resize(image, (32, 18), interpolation=cv2.INTER_AREA)


def is_cut(before: np.ndarray, after: np.ndarray) -> bool:
    """Return whether a new scene begins between two frames."""
    return bool(np.abs(after.astype(float) - before).mean() > CUT)


def cut_into_scenes(
    count: int, cuts: Sequence[int], fps: float, segment: float | None
) -> list[Scene]:
    """Return the scenes of a video.

    Args:
        count: Number of frames.
        cuts: First frames of all scenes except the first.
        fps: Frames per second.
        segment: Length of the parts into which scenes are divided, in
            seconds. One second between two parts is left out, because the
            frames there are similar. None means no division.
    """
    scenes = []
    for start, stop in zip([0, *cuts], [*cuts, count], strict=True):
        length = stop - start
        parts = 1
        if segment is not None:
            parts = max(1, round(length / (segment * fps)))
        for part in range(parts):
            first = start + part * length // parts
            last = start + (part + 1) * length // parts
            gap = round(GAP * fps)
            scene = Scene(
                first + (gap if part else 0),
                last - (gap if part < parts - 1 else 0),
            )
            if scene.start < scene.stop:
                scenes.append(scene)
    return scenes


def assign_domains(
    counts: Mapping[str, tuple[int, int]],
) -> tuple[list[str], list[str]]:
    """Assign each sequence to one domain, losing as few images as possible.

    Sequences are sorted by the fraction of blurred images, then by name. They
    are divided at the place where the smaller domain has the most images; of
    several such places, at the one where the other domain has the most.

    Returns:
        Names of the sequences of the blurred and of the sharp domain; both
        are empty if one would be empty.
    """
    share = {
        name: blur / (blur + sharp) for name, (blur, sharp) in counts.items()
    }
    order = sorted(counts, key=lambda name: (-share[name], name))
    best, place = (0, 0), 0
    for i in range(1, len(order)):
        blur = sum(counts[name][0] for name in order[:i])
        sharp = sum(counts[name][1] for name in order[i:])
        if (gain := (min(blur, sharp), blur + sharp)) > best:
            best, place = gain, i
    if not best[0]:
        return [], []
    # A sequence may have no image for its domain.
    return (
        [name for name in order[:place] if counts[name][0]],
        [name for name in order[place:] if counts[name][1]],
    )
