"""Writing of a video with new pixels and the streams of a source."""

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

import numpy as np

from ...utils.atomic_files import unwritten
from . import create_video, import_av
from .colours import Coding, from_rgb, holds_rgb
from .copies import Copies
from .encoding import MUXERS, Encoding, open_svt_av1
from .metadata import kept_metadata, lost_texts
from .mp4 import shown_until

__all__ = ['Picture', 'VideoWriter']

STORE_SHAPE = {'libx264', 'libx265', 'mjpeg', 'mpeg4', 'png'}
"""Encoders that store the pixel aspect ratio."""

MP4_FAMILY = {'mp4', 'mov', '3gp'}
ROUNDED = Fraction(1, 500)  # seconds
RGB = 0  # FFmpeg's AVColorSpace
TAGS = ('color_primaries', 'color_trc', 'colorspace', 'color_range')
LIMITED, FULL = 1, 2  # FFmpeg's AVColorRange


class Picture(NamedTuple):
    """Properties of an encoded picture."""

    encoding: Encoding
    coding: Coding
    size: tuple[int, int]  # width and height, upright
    is_turned: bool  # width and height are swapped


class VideoWriter:
    """Writer of a copy of a video with a new picture.

    Args:
        path: Path to write to.
        target: Final name, for messages; its suffix, one of ``MUXERS``,
            selects the container.
        source: PyAV container of the source.
        stream: Stream of the source that is encoded again.
        picture: Properties of the new picture.

    Raises:
        ValueError: If the container does not support the sound.
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
        self._source = source
        self._stream = stream
        self._picture = picture
        self._step = _frame_duration(stream)
        self._is_untimed = source.format.name == 'avi'
        self._shift = 0
        self._keeps_shape = muxer in MP4_FAMILY
        self._path = path
        self._last: int | None = None  # last time stamp
        self._held: Any = None  # last frame, until its duration is known
        self._durations: dict[int, int] = {}  # of frames, by time stamp
        self._written = 0
        self._shown_until: list[Fraction] = []
        if source.format.name.startswith('mov'):
            self._shown_until = shown_until(Path(source.name))
        self._container = create_video(
            path, muxer, options | self._options(muxer, source)
        )
        self._container.metadata.update(kept_metadata(source.metadata))
        if source.chapters():
            self._container.set_chapters(source.chapters())
        self._copies = Copies(self._container, target, source)
        self.notes = self._copies.notes
        for each in source.streams:
            if each.index == stream.index:
                self._encoded = self._add_picture()
            else:
                self._copies.add(each)

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
                self._encode_held(self._end)
                self._encode(None)
            self._container.close()
            if error is None:
                self._copies.finish(self._path)
                self._note_lost_texts()
        except self._av.FFmpegError as fault:
            if error is None:
                raise self._fault(fault) from fault

    def write(self, image: np.ndarray, like: Any) -> None:
        """Encode the next frame of the picture.

        Args:
            image: RGB pixels, (H, W, 3), uint8 or uint16.
            like: PyAV frame of the source with the time.

        Raises:
            OSError: If the file cannot be written.
            ValueError: If the frame cannot be encoded.
        """
        encoding = self._picture.encoding
        frame = from_rgb(image, encoding.pix_fmt, self._picture.coding)
        frame.pts = self._time_of(like)
        frame.time_base = self._stream.time_base
        # Some encoders use the tags of frames.
        for tag in TAGS:
            setattr(frame, tag, getattr(self._encoded, tag))
        self._encode_held(frame.pts)
        self._held = frame
        self._written += 1
        self._end = frame.pts + self._duration_of(like)

    def copy(self, packet: Any) -> None:
        """Copy a packet of another stream.

        Raises:
            OSError: If the file cannot be written.
            ValueError: If the container does not support it.
        """
        with self._naming_faults():
            self._copies.write(packet)

    def _note_lost_texts(self) -> None:
        streams = [self._stream, *self._copies.sources]
        lost = lost_texts(self._path, streams, self._source)
        if lost:
            self.notes.append(
                f'left out, as {self._target.suffix} does not support them: '
                f'{", ".join(lost)}'
            )

    def _options(self, muxer: str, source: Any) -> dict[str, str]:
        if muxer not in MP4_FAMILY:
            return {}
        options = {}
        unit = self._stream.time_base.denominator
        if unit > 1000:  # FFmpeg's default, which rounds a late start
            options['movie_timescale'] = str(unit)
        if any(key.startswith('com.') for key in source.metadata):
            options['movflags'] = 'use_metadata_tags'
        return options

    def _add_picture(self) -> Any:
        stream = self._stream
        encoding, coding, size, is_turned = self._picture
        rate = stream.average_rate or stream.guessed_rate
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
            is_kept = self._keeps_shape or encoding.encoder in STORE_SHAPE
            if ratio != 1 and not is_kept:
                self.notes.append(
                    f'the pixel aspect ratio {ratio.numerator}:'
                    f'{ratio.denominator} is left out; name the result .mp4 '
                    'to keep it'
                )
        for tag in TAGS:
            setattr(result, tag, getattr(source, tag))
        if source.format.name.startswith('yuvj'):
            result.color_range = FULL
        is_rgb = holds_rgb(self._av.VideoFormat(encoding.pix_fmt))
        if is_rgb != holds_rgb(source.format):
            result.colorspace = RGB if is_rgb else coding.matrix
            result.color_range = FULL if coding.is_full else LIMITED
        if encoding.encoder == 'libx265' and self._keeps_shape:
            result.codec_tag = 'hvc1'  # some players refuse FFmpeg's hev1
        new.metadata.update(kept_metadata(stream.metadata))
        keys = {key.lower(): key for key in new.metadata}
        # FFmpeg does not decode the alpha channel of VP8 and VP9.
        if new.metadata.pop(keys.get('alpha_mode', ''), '0') != '0':
            self.notes.append('transparency is left out')
        new.disposition = stream.disposition.value
        if encoding.encoder == 'libsvtav1':
            with self._naming_faults():
                open_svt_av1(result)
        return new

    def _time_of(self, frame: Any) -> int:
        last, pts = self._last, frame.pts
        if last is None and self._is_untimed and pts is not None:
            # AVI has no time stamps: FFmpeg guesses them, with a delay.
            self._shift = pts - (self._stream.start_time or 0)
        if pts is not None:
            pts -= self._shift
        if last is not None and (pts is None or pts <= last):
            pts = last + self._step
        self._last = pts or 0
        return pts or 0

    def _duration_of(self, frame: Any) -> int:
        """Return the duration of a frame if it is the last one."""
        usual = frame.duration or self._step
        if self._written == self._stream.frames and self._shown_until:
            unit = self._stream.time_base
            left = self._shown_until[self._stream.index] / unit - frame.pts
            # The unit of the file is often a millisecond.
            if left > 0 and abs(left - usual) * unit > ROUNDED:
                return round(left)
        return usual

    def _encode_held(self, end: int) -> None:
        if self._held is not None:
            self._durations[self._held.pts] = end - self._held.pts
            self._encode(self._held)

    def _encode(self, frame: Any) -> None:
        with self._naming_faults():
            for packet in self._encoded.encode(frame):
                duration = self._durations.pop(packet.pts, None)
                if duration is not None:
                    packet.duration = duration
                self._container.mux(packet)

    @contextmanager
    def _naming_faults(self) -> Iterator[None]:
        try:
            yield
        except self._av.FFmpegError as error:
            raise self._fault(error) from error

    def _fault(self, error: Any) -> Exception:
        if isinstance(error, OSError):
            return unwritten(self._target, error)
        encoding, _, size, _ = self._picture
        log = getattr(error, 'log', None)
        why = log[2].strip() if log else error.strerror
        return ValueError(
            f"'{self._target}' cannot be written with {encoding.encoder}, "
            f'{encoding.pix_fmt}, {size[0]}x{size[1]} ({why}); name the '
            'result .mkv, or convert the video first'
        )


def _frame_duration(stream: Any) -> int:
    """Return the average frame duration in units of the time base."""
    rate = stream.average_rate or stream.guessed_rate or 25
    return max(1, round(1 / (Fraction(rate) * stream.time_base)))
