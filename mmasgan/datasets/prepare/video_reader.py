"""Read the frames of a video as they are meant to be seen."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ...io.video.colours import to_rgb
from ...io.video.reader import VideoReader
from ...io.video.upright import orientation_of, turned_upright

__all__ = ['VideoInfo', 'probe', 'read_frames']


class VideoInfo(NamedTuple):
    """What a video says of itself.

    Attributes:
        fps: Frames per second, on average.
        frames: Number of frames; 0 where it does not say.
    """

    fps: float
    frames: int


def probe(path: Path) -> VideoInfo:
    """Look at a video without decoding it.

    Args:
        path: The file.

    Raises:
        FileNotFoundError: If it does not exist.
        ImportError: If PyAV is not installed.
        ValueError: If it is no video.
    """
    with VideoReader(path) as reader:
        stream = reader.picture
        rate = stream.average_rate or stream.guessed_rate
        if not rate:
            raise ValueError(
                f"'{path}' does not say how many frames it has a second; "
                'give --fps'
            )
        return VideoInfo(float(rate), stream.frames)


def read_frames(path: Path) -> Iterator[np.ndarray]:
    """Decode a video.

    Args:
        path: The file.

    Yields:
        RGB frames of shape (H, W, 3), uint8, upright.

    Raises:
        ValueError: If the video is damaged, or of colours that cannot be
            computed with.
    """
    orientation = None
    with VideoReader(path) as reader:
        for frame in reader.frames():
            orientation = orientation or orientation_of(frame)
            try:
                image = to_rgb(frame, np.uint8)
            except ValueError as error:
                raise ValueError(f"'{path}': {error}") from error
            yield turned_upright(image, orientation)
