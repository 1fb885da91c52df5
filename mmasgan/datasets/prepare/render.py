"""Make the images of a plan while the frames of a video go by."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from ..camera_shake import GAMMA
from .video_plan import Piece

__all__ = ['render']


def render(
    frames: Iterable[np.ndarray], pieces: Sequence[Piece]
) -> Iterator[tuple[Piece, np.ndarray]]:
    """Average frames in linear light, as a shutter does that stays open.

    Args:
        frames: RGB frames of a video, (H, W, 3), uint8.
        pieces: Parts of the page, at least one.

    Yields:
        Each piece with its image, (H, W, 3), uint8, as soon as its last
        frame is there. A piece of one frame is that frame.
    """
    to_light = (np.arange(256, dtype=np.float32) / 255) ** GAMMA
    begins: dict[int, list[Piece]] = {}
    for piece in pieces:
        begins.setdefault(piece.start, []).append(piece)
    last = max(piece.stop for piece in pieces)
    totals: dict[Piece, np.ndarray | float] = {}
    for number, image in enumerate(frames):
        if number >= last:
            return
        for piece in begins.get(number, []):
            if piece.stop - piece.start == 1:
                yield piece, image
            else:
                totals[piece] = 0.0
        for piece in list(totals):
            totals[piece] = totals[piece] + to_light[image]
            if number == piece.stop - 1:
                mean = totals.pop(piece) / (piece.stop - piece.start)
                encoded = np.rint(mean ** (1 / GAMMA) * 255)
                yield piece, encoded.astype(np.uint8)
