"""Reading of videos frame by frame."""

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

from . import import_av, open_video
from .faults import skipped_by_ffmpeg
from .joined import JoinedParts

__all__ = ['VideoReader']

DEMUXERS = (
    'mov', 'matroska', 'webm', 'avi', 'mpegts', 'mpeg', 'mpegvideo', 'h264',
    'hevc', 'm4v', 'asf', 'flv', 'ogg', 'mxf', 'dv', 'gif', 'apng',
    'rm', 'nut', 'ivf', 'yuv4mpegpipe',
)  # fmt: skip
"""Allowed demuxers of FFmpeg, without playlists."""

HAVE_DURATION = ('mov', 'matroska')  # others guess it from the bit rate
MICROSECONDS = 1_000_000  # FFmpeg's unit for containers
PROGRESSIVE = 1  # FFmpeg's AVFieldOrder; 0 is unknown
TELL_FIELDS = {
    'dnxhd', 'dvvideo', 'h264', 'hevc', 'mpeg2video', 'mpeg4', 'prores',
    'vc1', 'wmv3',
}  # fmt: skip
"""Codecs whose frames have reliable field information."""
TOLERANCE = Fraction(1, 2)  # seconds that may be missing at the end


class VideoReader:
    """Reader of a video.

    Only local files are read, even if the video refers to others.
    :meth:`notes` reports damage that FFmpeg repaired or skipped; PyAV's own
    log is turned off.

    Attributes:
        container: PyAV container.
        picture: Decoded stream: the main video stream.
        count: Number of frames read.

    Raises:
        FileNotFoundError: If the file does not exist.
        ImportError: If PyAV is not installed.
        ValueError: If the file is not a video.
    """

    def __init__(self, path: Path) -> None:
        self._av = import_av()
        # Older versions of torchvision turn on PyAV's log. It takes the GIL in
        # FFmpeg's threads, for which a decoder waits, with the GIL, to close.
        self._av.logging.set_level(None)
        self._path = path
        self.container = self._open()
        self.picture = self._best()
        self.picture.thread_type = 'AUTO'
        self.count = 0
        self._time = 0.0  # of the last frame
        self._end = Fraction(0)  # of the last packet of any stream
        self._repaired: list[str] = []
        self._fault: Any = None
        self._parts = JoinedParts()
        self._size: tuple[int, int] | None = None  # of all frames
        self._is_avi = self.container.format.name == 'avi'
        self._frames = self.picture.frames  # in the header

    def __enter__(self) -> 'VideoReader':
        return self

    def __exit__(self, *error: object) -> None:
        self.container.close()

    @property
    def total(self) -> int | None:
        """Approximate number of frames; None if unknown."""
        stream = self.picture
        if stream.frames:
            return int(stream.frames)
        seconds = Fraction(self.container.duration or 0, MICROSECONDS)
        rate = stream.average_rate
        return max(1, round(seconds * rate)) if seconds and rate else None

    def frames(
        self, others: Callable[[Any], None] | None = None
    ) -> Iterator[Any]:
        """Decode all frames.

        Args:
            others: Function called with each packet of the other streams, in
                the order of the file. None skips them.

        Yields:
            PyAV frames.

        Raises:
            ValueError: If the video is damaged before its end, has no frame,
                is interlaced, or changes its size.
        """
        for packet in self._packets():
            # `stream_index` is 0 in the packets that flush decoders.
            if packet.stream.index != self.picture.index:
                if others and packet.size:
                    others(packet)
                continue
            for frame in self._decoded(packet):
                self._time = frame.time or self._time
                self._check(frame)
                if frame.is_corrupt:
                    self._repaired.append(self._place(self.count + 1))
                yield frame
                self.count += 1
        if not self.count:
            why = f' that can be read ({self._fault})' if self._fault else ''
            raise ValueError(f"'{self._path}' has no frame{why}; remove it")

    def notes(self) -> list[str]:
        """Return notes on problems of the video, after it was read."""
        found = self._parts.notes(is_timed=not self._is_avi)
        notes = [f"'{self._path}' {note}" for note in found]
        if self._repaired:
            notes.append(
                f"'{self._path}' is damaged: {len(self._repaired)} frame(s), "
                f'the first being {self._repaired[0]}, were repaired by '
                'FFmpeg; copy the file again if you have an intact copy'
            )
        expected, end = self._expected_end(), self._end
        if self.count == self.picture.frames:  # the last may be long
            end = max(end, _end_of(self.picture))
        if self._fault or end < expected - TOLERANCE:
            whole = f' of {float(expected):.1f} s' if expected else ''
            notes.append(
                f"'{self._path}' is truncated or damaged at its end: "
                f'{self.count} frames, {float(end):.1f} s{whole}, '
                'could be read; copy it again if you have a complete copy'
            )
        if notes:
            return notes
        why = skipped_by_ffmpeg(self._path)
        # FFmpeg writes one frame too many into the header of AVI.
        if why is None and self._is_avi and self.count < self._frames - 1:
            why = f'{self.count} of {self._frames} frames could be read'
        if why is not None:
            notes.append(
                f"'{self._path}' is damaged, and a part of picture or sound "
                f'is missing ({why}); copy it again if you have a complete '
                'copy'
            )
        return notes

    def _open(self) -> Any:
        if not self._path.is_file():
            raise FileNotFoundError(
                f"'{self._path}' does not exist or is not a file"
            )
        try:
            return open_video(self._path, format_whitelist=','.join(DEMUXERS))
        except self._av.FFmpegError as error:
            raise ValueError(
                f"'{self._path}' is not a video that FFmpeg supports, or is "
                f'damaged or truncated ({error.strerror}); copy it again or '
                'remove it'
            ) from error

    def _best(self) -> Any:
        container = self.container
        cover = self._av.stream.Disposition.attached_pic
        best = container.streams.best('video')
        streams = [
            stream
            for stream in (best, *container.streams.video)
            if stream and stream.codec_context
            if not stream.disposition & cover
        ]
        if not streams:
            container.close()
            raise ValueError(
                f"'{self._path}' has no readable video stream; copy it again, "
                'or remove it'
            )
        return streams[0]

    def _packets(self) -> Iterator[Any]:
        try:
            for packet in self._parts.in_one_time(self.container.demux()):
                if packet.pts is not None and packet.time_base:
                    end = packet.pts + (packet.duration or 0)
                    self._end = max(self._end, end * packet.time_base)
                yield packet
        except self._av.FFmpegError as error:
            self._fault = error

    def _decoded(self, packet: Any) -> list[Any]:
        if self._fault and packet.size:
            raise ValueError(
                f"'{self._path}' is damaged after {self._place(self.count)}: "
                f'{self._fault.strerror}; copy it again, or keep the part '
                f'before: ffmpeg -i INPUT -frames:v {self.count} OUTPUT'
            ) from self._fault
        try:
            return list(packet.decode())
        except self._av.FFmpegError as error:
            # The end of a truncated file, or damage if more follows.
            self._fault = error
            return []

    def _check(self, frame: Any) -> None:
        size = (frame.width, frame.height)
        self._size = self._size or size
        if frame.interlaced_frame or self._is_marked_interlaced():
            raise ValueError(
                f"'{self._path}' is interlaced (frame {self.count + 1}); "
                'deinterlace it first: ffmpeg -i INPUT -vf bwdif -crf 12 '
                '-c:a copy OUTPUT.mkv'
            )
        if size != self._size:
            width, height = self._size
            raise ValueError(
                f"'{self._path}' changes its size from {width}x{height} to "
                f'{size[0]}x{size[1]} at {self._place(self.count + 1)}; split '
                'it there, or scale it to one size first: ffmpeg -i INPUT '
                f'-vf scale={width}:{height} -crf 12 -c:a copy OUTPUT.mkv'
            )

    def _is_marked_interlaced(self) -> bool:
        """Return whether the container marks the stream as interlaced."""
        context = self.picture.codec_context
        if context.codec.canonical_name in TELL_FIELDS:
            return False
        return int(getattr(context, 'field_order', 0)) > PROGRESSIVE

    def _place(self, number: int) -> str:
        return f'frame {number} ({self._time:.3f} s)'

    def _expected_end(self) -> Fraction:
        """Return the end time in the header of the file, or 0."""
        name = self.container.format.name
        stream = self.picture
        if name == 'avi' and stream.average_rate:
            # FFmpeg guesses the duration of AVI from the size of the file.
            return Fraction(stream.frames) / stream.average_rate
        if not name.startswith(HAVE_DURATION):
            return Fraction(0)
        return Fraction(self.container.duration or 0, MICROSECONDS)


def _end_of(stream: Any) -> Fraction:
    """Return the end time in the header of a stream, or 0."""
    if stream.duration is None:
        return Fraction(0)
    return Fraction(
        ((stream.start_time or 0) + stream.duration) * stream.time_base
    )
