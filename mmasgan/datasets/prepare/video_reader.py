"""Reading of upright RGB frames of a video."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ...io.video.colours import to_rgb
from ...io.video.reader import VideoReader
from ...io.video.upright import orientation_of, turned_upright

__all__ = ['VideoInfo', 'probe', 'read_frames']


class VideoInfo(NamedTuple):
    """Header of a video."""

    fps: float
    frames: int  # 0 if unknown


def probe(path: Path) -> VideoInfo:
    """Read the header of a video.

    Raises:
        FileNotFoundError: If the file does not exist.
        ImportError: If PyAV is not installed.
        ValueError: If the file is not a video.
    """
    with VideoReader(path) as reader:
        stream = reader.picture
        rate = stream.average_rate or stream.guessed_rate
        if not rate:
            raise ValueError(
                f"'{path}' has no number of frames per second in its header; "
                'use --fps'
            )
        return VideoInfo(float(rate), stream.frames)


def read_frames(path: Path) -> Iterator[np.ndarray]:
    """Decode a video.

    Yields:
        Upright RGB frames, (H, W, 3), uint8.

    Raises:
        ValueError: If the video is damaged, or its colours are not supported.
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
