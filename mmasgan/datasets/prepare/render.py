"""Images of a plan, from the frames of a video."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from ..camera_shake import GAMMA
from .video_plan import Piece

__all__ = ['render']


def render(
    frames: Iterable[np.ndarray], pieces: Sequence[Piece]
) -> Iterator[tuple[Piece, np.ndarray]]:
    """Average frames in linear light.

    Args:
        frames: RGB frames of a video, (H, W, 3), uint8.
        pieces: Images to create, at least one.

    Yields:
        Each piece with its image, (H, W, 3), uint8, after its last frame.
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
