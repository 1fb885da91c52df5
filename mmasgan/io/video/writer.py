"""Write a video that is another one with other pixels."""

import os
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

import numpy as np

from ..atomic_files import unwritten
from .colours import Coding, from_rgb, holds_rgb
from .encoding import MUXERS, Encoding
from .package import import_av

__all__ = ['Picture', 'VideoWriter']

ABOUT_THE_FILE = (
    '_statistics',
    'bps',
    'compatible_brands',
    'duration',
    'encoder',
    'major_brand',
    'minor_version',
    'number_of_',
    'rotate',
)
"""How metadata begin that say how a file was written, not what it shows."""

TELL_SHAPE = {'libx264', 'libx265', 'mjpeg', 'mpeg4', 'png'}
"""Encoders that tell the shape of pixels, where PyAV's files cannot."""

MP4_FAMILY = {'mp4', 'mov', '3gp'}
CAN_BE_COPIED = {'video', 'audio', 'subtitle', 'attachment'}
RGB = 0  # FFmpeg's AVColorSpace
TAGS = ('color_primaries', 'color_trc', 'colorspace', 'color_range')
DISCARD_ALL = 48  # FFmpeg's AVDiscard
LIMITED, FULL = 1, 2  # FFmpeg's AVColorRange


class Picture(NamedTuple):
    """What is encoded.

    Attributes:
        encoding: How it is encoded.
        coding: How its numbers stand for colours.
        size: Width and height, upright.
        is_turned: Whether these are swapped against the source.
    """

    encoding: Encoding
    coding: Coding
    size: tuple[int, int]
    is_turned: bool


class VideoWriter:
    """A copy of a video, but for the picture.

    Args:
        path: The file to write to.
        target: What it will be called: for messages, and its suffix, one of
            those in ``MUXERS``, says what is written.
        source: PyAV's container of the other video.
        stream: Its stream that is encoded again.
        picture: What it becomes.

    Attributes:
        notes: What of the other video is left out.

    Raises:
        ValueError: If the file cannot hold the sound.
    """

    def __init__(
        self,
        path: Path,
        target: Path,
        source: Any,
        stream: Any,
        picture: Picture,
    ) -> None:
        self._av = import_av()
        muxer, options = MUXERS[target.suffix.lower()]
        self._target = target
        self._stream = stream
        self._picture = picture
        self._step = _frame_duration(stream)
        self._is_untimed = source.format.name == 'avi'
        self._shift = 0
        self._is_told_by_file = muxer in MP4_FAMILY
        self._copies: dict[int, Any] = {}  # streams by index in the source
        self._last: dict[int, int] = {}  # time stamps, likewise
        self.notes: list[str] = []
        self._container = self._av.open(
            str(path.absolute()),
            'w',
            format=muxer,
            container_options=options | self._options(muxer, source),
            metadata_errors='surrogateescape',
        )
        self._container.metadata.update(_kept(source.metadata))
        if hasattr(source, 'chapters') and source.chapters():
            self._container.set_chapters(source.chapters())
        for each in source.streams:
            if each.index == stream.index:
                self._encoded = self._add_picture()
            else:
                self._add_copy(each)

    def __enter__(self) -> 'VideoWriter':
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            if error is None:
                self._encode(None)
            self._container.close()
        except self._av.FFmpegError as fault:
            if error is None:
                raise self._fault(fault) from fault

    def write(self, image: np.ndarray, like: Any) -> None:
        """Encode the next frame of the picture.

        Args:
            image: RGB pixels of shape (H, W, 3), uint8 or uint16.
            like: PyAV's frame of the source, which gives the time.

        Raises:
            OSError: If it cannot be written.
            ValueError: If it cannot be encoded.
        """
        encoding = self._picture.encoding
        frame = from_rgb(image, encoding.pix_fmt, self._picture.coding)
        frame.pts = self._time_of(like)
        frame.time_base = self._stream.time_base
        # Some encoders go by the frames.
        for tag in TAGS:
            if hasattr(frame, tag):
                setattr(frame, tag, getattr(self._encoded, tag))
        self._encode(frame)

    def copy(self, packet: Any) -> None:
        """Write a packet of another stream as it is.

        Args:
            packet: PyAV's.

        Raises:
            OSError: If it cannot be written.
            ValueError: If the file cannot hold it.
        """
        index = packet.stream.index
        if index not in self._copies:
            return
        last = self._last.get(index)
        if packet.dts is not None:
            if last is not None and packet.dts <= last:
                # Files of joined recordings step back, which none may.
                packet.dts = last + 1
                packet.pts = max(packet.pts or 0, packet.dts)
            self._last[index] = packet.dts
        packet.stream = self._copies[index]
        self._mux([packet])

    def _options(self, muxer: str, source: Any) -> dict[str, str]:
        if muxer not in MP4_FAMILY:
            return {}
        options = {}
        unit = self._stream.time_base.denominator
        if unit > 1000:  # FFmpeg's own, to which a late start is rounded
            options['movie_timescale'] = str(unit)
        if any(key.startswith('com.') for key in source.metadata):
            options['movflags'] = 'use_metadata_tags'
        return options

    def _add_picture(self) -> Any:
        stream = self._stream
        encoding, coding, size, is_turned = self._picture
        rate = stream.average_rate or stream.guessed_rate
        if encoding.encoder == 'libsvtav1':
            os.environ.setdefault('SVT_LOG', '1')  # else it talks on stderr
        options = dict(encoding.options)
        if self._is_untimed:
            options['bf'] = '0'  # no reordering
        new = self._container.add_stream(
            encoding.encoder,
            rate=rate or 25,
            options=options,
            width=size[0],
            height=size[1],
            pix_fmt=encoding.pix_fmt,
            time_base=stream.time_base,
        )
        source, result = stream.codec_context, new.codec_context
        ratio = stream.sample_aspect_ratio
        if ratio:
            result.sample_aspect_ratio = 1 / ratio if is_turned else ratio
            told = self._is_told_by_file or encoding.encoder in TELL_SHAPE
            if ratio != 1 and not told:
                self.notes.append(
                    f'pixels are shown square, not {ratio.numerator}:'
                    f'{ratio.denominator} as before: name the result .mp4, if '
                    'that matters'
                )
        for tag in TAGS:
            setattr(result, tag, getattr(source, tag))
        if source.format.name.startswith('yuvj'):
            result.color_range = FULL
        is_rgb = holds_rgb(self._av.VideoFormat(encoding.pix_fmt))
        if is_rgb != holds_rgb(source.format):
            result.colorspace = RGB if is_rgb else coding.matrix
            result.color_range = FULL if coding.is_full else LIMITED
        new.metadata.update(_kept(stream.metadata))
        new.disposition = stream.disposition
        return new

    def _add_copy(self, stream: Any) -> None:
        kind = stream.type
        is_chapters = int(getattr(stream, 'discard', 0)) == DISCARD_ALL
        if kind == 'data' and ('timecode' in stream.metadata or is_chapters):
            return  # made anew
        name = f'stream {stream.index} ({kind}'
        if stream.codec_context:
            name += f', {stream.codec_context.name}'
        suffix = self._target.suffix
        try:
            if kind not in CAN_BE_COPIED:
                raise ValueError('of no kind that FFmpeg copies surely')
            new = self._container.add_stream_from_template(stream, opaque=True)
        except (ValueError, AttributeError, self._av.FFmpegError) as error:
            if kind == 'audio' and stream.codec_context:
                raise ValueError(
                    f"'{self._target}' cannot hold the sound, {name}); name "
                    'the result .mkv'
                ) from error
            self.notes.append(f'{name}) is left out: no {suffix} holds it')
            return
        new.metadata.update(_kept(stream.metadata))
        new.disposition = stream.disposition
        self._copies[stream.index] = new

    def _time_of(self, frame: Any) -> int:
        index = self._stream.index
        last, pts = self._last.get(index), frame.pts
        if last is None and self._is_untimed and pts is not None:
            # AVI tells no times: FFmpeg guesses, and adds its own delay.
            self._shift = pts - (self._stream.start_time or 0)
        if pts is not None:
            pts -= self._shift
        if last is not None and (pts is None or pts <= last):
            pts = last + self._step
        self._last[index] = pts or 0
        return pts or 0

    def _encode(self, frame: Any) -> None:
        try:
            packets = self._encoded.encode(frame)
        except self._av.FFmpegError as error:
            raise self._fault(error) from error
        self._mux(packets)

    def _mux(self, packets: Any) -> None:
        try:
            self._container.mux(packets)
        except self._av.FFmpegError as error:
            raise self._fault(error) from error

    def _fault(self, error: Any) -> Exception:
        if isinstance(error, OSError):
            return unwritten(self._target, error)
        encoding, _, size, _ = self._picture
        return ValueError(
            f"'{self._target}' cannot be written with {encoding.encoder}, "
            f'{encoding.pix_fmt}, {size[0]}x{size[1]} ({error}); name the '
            'result .mkv, or convert the video first'
        )


def _kept(metadata: dict[str, str]) -> dict[str, str]:
    return {
        key: value
        for key, value in metadata.items()
        if not key.lower().startswith(ABOUT_THE_FILE)
    }


def _frame_duration(stream: Any) -> int:
    """Return the usual time between frames in units of the time base."""
    rate = stream.average_rate or stream.guessed_rate or 25
    return max(1, round(1 / (Fraction(rate) * stream.time_base)))
