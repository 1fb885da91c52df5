"""Read the frames of a video as they are meant to be seen."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

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
    with _open(path) as container:
        stream = container.streams.video[0]
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
        ValueError: If the video is damaged.
    """
    av = _av()
    with _open(path) as container:
        stream = container.streams.video[0]
        stream.thread_type = 'AUTO'
        count = 0
        try:
            for frame in container.decode(stream):
                yield _upright(frame)
                count += 1
        except av.FFmpegError as error:
            raise ValueError(
                f"'{path}' is damaged after frame {count} ({error}); copy it "
                'again, or cut it there'
            ) from error
        if not count:
            raise ValueError(f"'{path}' has no frame; remove it")


def _upright(frame: Any) -> np.ndarray:
    image = frame.to_ndarray(format='rgb24')
    # Degrees counterclockwise; phones turn the picture and not the pixels.
    turns = round(frame.rotation / 90) % 4
    return np.ascontiguousarray(np.rot90(image, turns)) if turns else image


def _open(path: Path) -> Any:
    av = _av()
    if not path.is_file():
        raise FileNotFoundError(f"'{path}' does not exist or is no file")
    try:
        container = av.open(str(path))
    except av.FFmpegError as error:
        raise ValueError(
            f"'{path}' is not a video that FFmpeg knows, or is damaged "
            f'({error}); copy it again or remove it'
        ) from error
    if not container.streams.video:
        container.close()
        raise ValueError(f"'{path}' has no picture in it; remove it")
    return container


def _av() -> Any:
    try:
        import av
    except ImportError as error:
        raise ImportError(
            'reading videos needs PyAV, which is not installed: '
            'pip install "mmasgan[video]"'
        ) from error
    return av
