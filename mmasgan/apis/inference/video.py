"""Deblurring of videos frame by frame."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ...io.video.colours import coding_of, to_rgb
from ...io.video.encoding import MUXERS, choose_encoding
from ...io.video.reader import VideoReader
from ...io.video.side_data import notes_of_lost
from ...io.video.upright import (
    Orientation,
    orientation_of,
    swaps_sides,
    turned_upright,
)
from ...io.video.writer import Picture, VideoWriter
from ...utils.atomic_files import part_of

__all__ = ['VIDEO_SUFFIXES', 'DeblurredVideo', 'deblur_video']

VIDEO_SUFFIXES = {suffix: suffix for suffix in MUXERS} | dict.fromkeys(
    (
        '.asf', '.dv', '.f4v', '.flv', '.m1v', '.m2v', '.mpeg', '.mpg', '.mxf',
        '.nut', '.ogv', '.vob', '.wmv', '.y4m',
    ),
    '.mkv',
)  # fmt: skip
"""Suffixes of videos, with the default suffix of their results."""

HDR = {16: 'PQ', 18: 'HLG'}  # FFmpeg's AVColorTransferCharacteristic


class DeblurredVideo(NamedTuple):
    """Result of :func:`deblur_video`."""

    frames: int
    notes: tuple[str, ...]


def deblur_video(
    source: Path,
    target: Path,
    deblur: Callable[[np.ndarray], np.ndarray],
    overwrite: bool = False,
    progress: Callable[[int, int | None], None] | None = None,
) -> DeblurredVideo:
    """Deblur a video, frame by frame, in constant memory.

    Time stamps, size, colour tags, sound, subtitles and metadata are kept; see
    docs/video.md. Frames are rotated upright. The result is renamed when it
    is complete; after an exception, including one that ``deblur`` or
    ``progress`` raises, no incomplete file remains.

    Args:
        source: Path of the video.
        target: Path of the result; its suffix selects the container.
        deblur: Function of RGB pixels, (H, W, 3), uint8, or uint16 if the
            video has more than 8 bits, that returns an array of the same
            shape and dtype.
        overwrite: Whether the target may replace a file; it never replaces
            the source.
        progress: Function called after each frame, with the number of written
            frames and the estimated total, or None.

    Raises:
        FileExistsError: If the target exists, or is the source.
        FileNotFoundError: If the source does not exist.
        ImportError: If PyAV is not installed.
        OSError: If the target cannot be written.
        ValueError: If the source is not a video, damaged before its end,
            interlaced, changes its size, or is not supported by the target's
            container; or ``deblur`` returns something else.
    """
    source, target = Path(source), Path(target)
    _check_target(source, target, overwrite)
    look = _look(source, target)
    with VideoReader(source) as reader, part_of(target) as part:
        with VideoWriter(
            part, target, reader.container, reader.picture, look.result
        ) as writer:
            for number, frame in enumerate(reader.frames(writer.copy), 1):
                image = turned_upright(to_rgb(frame), look.orientation)
                writer.write(_checked(deblur(image), image), frame)
                if progress:
                    progress(number, reader.total)
        notes = (*look.notes, *writer.notes, *reader.notes())
    return DeblurredVideo(reader.count, notes)


class _Look(NamedTuple):
    """Properties of the first frame."""

    orientation: Orientation
    result: Picture
    notes: tuple[str, ...]


def _look(source: Path, target: Path) -> _Look:
    with VideoReader(source) as reader:
        frame = next(reader.frames())
        stream = reader.picture
        size = (frame.width, frame.height)
        orientation = orientation_of(frame)
        is_turned = swaps_sides(orientation)
        seen_size = size[::-1] if is_turned else size
        try:
            coding = coding_of(frame)
            encoding = choose_encoding(
                stream.codec_context.codec.canonical_name,
                frame.format.name,
                seen_size,
                stream.time_base,
                MUXERS[target.suffix.lower()][0],
            )
        except ValueError as error:
            raise ValueError(f"'{source}': {error}") from error
        is_avi = reader.container.format.name == 'avi'
        if target.suffix.lower() == '.avi' and not is_avi:
            raise ValueError(
                f"'{target}' would lose the time stamps of the frames, which "
                'AVI does not support; name it .mp4 or .mkv'
            )
        trc = stream.codec_context.color_trc
        notes = encoding.notes + notes_of_lost(frame, stream.metadata)
    if trc in HDR:
        notes += (
            f'the brightness is HDR ({HDR[trc]}), on which the models were '
            'not trained; display metadata (mastering data, Dolby Vision) is '
            'left out',
        )
    result = Picture(encoding, coding, seen_size, is_turned)
    return _Look(orientation, result, notes)


def _check_target(source: Path, target: Path, overwrite: bool) -> None:
    if target.suffix.lower() not in MUXERS:
        raise ValueError(
            f"'{target}' has an unsupported suffix; use "
            f'{VIDEO_SUFFIXES.get(source.suffix.lower(), ".mkv")}, or one of '
            f'{", ".join(MUXERS)}'
        )
    if not target.exists():
        return
    if source.exists() and target.samefile(source):
        raise FileExistsError(
            f"'{target}' is the input, which is never replaced; use another "
            'name or folder'
        )
    if not overwrite:
        raise FileExistsError(
            f"'{target}' exists; use another name, or overwrite it"
        )


def _checked(output: np.ndarray, image: np.ndarray) -> np.ndarray:
    if output.shape != image.shape or output.dtype != image.dtype:
        raise ValueError(
            f'deblur must return an array of {image.shape}, {image.dtype}, '
            f'got {output.shape}, {output.dtype}'
        )
    return output
