"""Read a video, one frame at a time."""

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any

from .package import import_av

__all__ = ['VideoReader']

HAVE_DURATION = ('mov', 'matroska')  # not guessed from the bit rate
MICROSECONDS = 1_000_000  # FFmpeg's unit for containers
TOLERANCE = Fraction(1, 2)  # seconds that may be missing at the end


class VideoReader:
    """A video that is open for reading.

    Only local files are read, also where the file names others. What FFmpeg
    mends or misses is told by :meth:`notes` afterwards.

    Args:
        path: The file.

    Attributes:
        container: PyAV's.
        picture: The stream that is decoded: the main one with moving images.
        count: How many frames were read.

    Raises:
        FileNotFoundError: If it does not exist.
        ImportError: If PyAV is not installed.
        ValueError: If it is no video.
    """

    def __init__(self, path: Path) -> None:
        self._av = import_av()
        self._path = path
        self.container = self._open()
        self.picture = self._best()
        self.picture.thread_type = 'AUTO'
        self.count = 0
        self._time = 0.0  # of the last frame
        self._end = Fraction(0)  # of the last packet of any stream
        self._mended: list[str] = []
        self._fault: Any = None

    def __enter__(self) -> 'VideoReader':
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.container.close()

    @property
    def total(self) -> int | None:
        """How many frames there will be, about; None where it is not told."""
        stream = self.picture
        if stream.frames:
            return int(stream.frames)
        seconds = Fraction(self.container.duration or 0, MICROSECONDS)
        rate = stream.average_rate
        return max(1, round(seconds * rate)) if seconds and rate else None

    def frames(
        self, others: Callable[[Any], None] | None = None
    ) -> Iterator[Any]:
        """Decode the picture, from the start to the end.

        Args:
            others: Gets each packet of the other streams, in the file's
                order. By default they are skipped.

        Yields:
            PyAV's frames.

        Raises:
            ValueError: If the video is damaged before its end, or has no
                frame.
        """
        for packet in self._packets():
            # `stream_index` is 0 in the packets that flush decoders.
            if packet.stream.index != self.picture.index:
                if others and packet.size:
                    others(packet)
                continue
            for frame in self._decoded(packet):
                self._time = frame.time or self._time
                if frame.is_corrupt:
                    self._mended.append(self._place(self.count + 1))
                yield frame
                self.count += 1
        if not self.count:
            why = f' that can be read ({self._fault})' if self._fault else ''
            raise ValueError(f"'{self._path}' has no frame{why}; remove it")

    def notes(self) -> list[str]:
        """Return what is amiss with the video, once it was read."""
        notes = []
        if self._mended:
            notes.append(
                f"'{self._path}' is damaged: {len(self._mended)} frame(s), "
                f'the first being {self._mended[0]}, are as FFmpeg mended '
                'them; copy it again if there is a sound copy'
            )
        told = self._told_end()
        if self._fault or self._end < told - TOLERANCE:
            whole = f' of {float(told):.1f} s' if told else ''
            notes.append(
                f"'{self._path}' is cut off or damaged at its end: "
                f'{self.count} frames, {float(self._end):.1f} s{whole}, '
                'could be read; copy it again if there is a whole copy'
            )
        return notes

    def _open(self) -> Any:
        if not self._path.is_file():
            raise FileNotFoundError(
                f"'{self._path}' does not exist or is no file"
            )
        try:
            # An absolute name is never taken for a protocol, as 'a:b' is.
            return self._av.open(
                str(self._path.absolute()),
                options={'protocol_whitelist': 'file'},
                metadata_errors='surrogateescape',
            )
        except self._av.FFmpegError as error:
            raise ValueError(
                f"'{self._path}' is not a video that FFmpeg knows, or is "
                f'damaged or cut off ({error.strerror}); copy it again or '
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
                f"'{self._path}' has no moving picture that can be read; copy "
                'it again, or remove it'
            )
        return streams[0]

    def _packets(self) -> Iterator[Any]:
        try:
            for packet in self.container.demux():
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
            # The end of a file that was cut off; anything else, if more
            # follows.
            self._fault = error
            return []

    def _place(self, number: int) -> str:
        return f'frame {number} ({self._time:.3f} s)'

    def _told_end(self) -> Fraction:
        """Return the second at which the file says to end, or 0."""
        name = self.container.format.name
        stream = self.picture
        if name == 'avi' and stream.average_rate:
            # There FFmpeg guesses the duration from the size of the file.
            return Fraction(stream.frames) / stream.average_rate
        if not name.startswith(HAVE_DURATION):
            return Fraction(0)
        return Fraction(self.container.duration or 0, MICROSECONDS)
