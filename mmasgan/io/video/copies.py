"""Streams that are copied without encoding."""

from pathlib import Path
from typing import Any

from . import import_av
from .avi import AviStream, StreamHeader, read_streams, write_stream
from .metadata import kept_metadata

__all__ = ['Copies']

IN_TS = {
    'aac', 'aac_latm', 'ac3', 'dts', 'dvb_subtitle', 'dvb_teletext', 'eac3',
    'h264', 'hdmv_pgs_subtitle', 'hevc', 'mp1', 'mp2', 'mp3', 'mpeg2video',
    'mpeg4', 'opus', 's302m', 'truehd',
}  # fmt: skip
"""Codecs that readers support; FFmpeg also writes unreadable ones."""

UNTOLD = {'1 channels': 'mono', '2 channels': 'stereo'}
"""Channel layouts, for Matroska files that only have their number."""

NOT_IN_MOV = {'flac', 'opus', 'truehd'}  # FFmpeg fails at the header

CAN_BE_COPIED = {'video', 'audio', 'subtitle', 'attachment'}
DISCARD_ALL = 48  # FFmpeg's AVDiscard


class Copies:
    """Streams of a result that are copied packet by packet."""

    def __init__(self, container: Any, target: Path, source: Any) -> None:
        self._container = container
        self._target = target
        self._streams: dict[int, Any] = {}  # by index in the source
        self._last: dict[int, int] = {}  # time stamps, likewise
        self._sounds: dict[int, int] = {}  # of AVI: index in the result
        # Only an AVI source can be written as AVI.
        self._avi: dict[int, AviStream] = {}
        if container.format.name == 'avi':
            self._avi = dict(enumerate(read_streams(Path(source.name))))
        self.notes: list[str] = []
        self.sources: list[Any] = []

    def add(self, stream: Any) -> None:
        """Add a stream of the source, if the container supports it.

        Raises:
            ValueError: If it is sound that the container does not support.
        """
        kind = stream.type
        is_chapters = int(stream.discard) == DISCARD_ALL
        if kind == 'data' and ('timecode' in stream.metadata or is_chapters):
            return  # created by the muxer
        name = f'stream {stream.index} ({kind}'
        if stream.codec_context:
            name += f', {stream.codec_context.name}'
        suffix = self._target.suffix
        try:
            if not self._can_hold(stream):
                raise ValueError('no reader supports it')
            if kind not in CAN_BE_COPIED:
                raise ValueError('FFmpeg cannot copy it reliably')
            new = self._container.add_stream_from_template(stream, opaque=True)
        except (
            ValueError,
            AttributeError,
            import_av().FFmpegError,
        ) as error:
            if kind == 'audio' and stream.codec_context:
                other = '.mov' if suffix == '.mkv' else '.mkv'
                raise ValueError(
                    f"'{self._target}' does not support the sound, {name}); "
                    f'name the result {other}, or convert the sound first: '
                    'ffmpeg -i INPUT -c:v copy -c:a flac OUTPUT.mkv'
                ) from error
            self.notes.append(
                f'{name}) is left out: {suffix} does not support it'
            )
            return
        if kind == 'audio' and stream.index in self._avi:
            self._sounds[stream.index] = new.index
            _count_as(self._avi[stream.index].header, new.codec_context)
        if kind == 'audio':
            layout = UNTOLD.get(new.codec_context.layout.name)
            if layout:
                new.codec_context.layout = layout
        new.metadata.update(kept_metadata(stream.metadata))
        new.disposition = stream.disposition.value
        self._streams[stream.index] = new
        self.sources.append(stream)

    def _can_hold(self, stream: Any) -> bool:
        context = stream.codec_context
        codec = context.codec.canonical_name if context else None
        muxer = self._container.format.name
        if stream.type == 'attachment':
            return bool(muxer == 'matroska')
        if muxer == 'mpegts' and codec is not None:
            is_disc = self._target.suffix.lower() in ('.mts', '.m2ts')
            return codec in IN_TS or (is_disc and codec == 'pcm_bluray')
        return not (muxer == 'mov' and codec in NOT_IN_MOV)

    def write(self, packet: Any) -> None:
        """Write a packet of the source, if its stream was added."""
        index = packet.stream.index
        if index not in self._streams:
            return
        new = self._streams[index]
        if index in self._sounds:
            self._count(packet, new)
        last = self._last.get(index)
        if packet.dts is not None:
            if last is not None and packet.dts <= last:
                packet.dts = last + 1
                packet.pts = max(packet.pts or 0, packet.dts)
            self._last[index] = packet.dts
        packet.stream = new
        self._container.mux(packet)

    def _count(self, packet: Any, new: Any) -> None:
        """Set the time stamps of a packet of sound in AVI."""
        self._container.start_encoding()  # sets the time base
        index = packet.stream.index
        if not self._avi[index].header.sample_size:
            # FFmpeg splits long chunks.
            packet.dts = self._last.get(index, -1) + 1
        elif packet.dts is not None:
            # The start is in the header.
            dts = packet.dts - (packet.stream.start_time or 0)
            packet.dts = round(dts * packet.time_base / new.time_base)
        packet.pts, packet.time_base = packet.dts, new.time_base

    def finish(self, path: Path) -> None:
        """Write the time base of sound of the source to an AVI file."""
        written = read_streams(path) if self._sounds else []
        for index, place in self._sounds.items():
            mine, source = written[place], self._avi[index]
            header = source.header
            if abs(header.length - mine.header.length) > 1:  # truncated
                header = header._replace(length=mine.header.length)
            write_stream(
                path, mine._replace(header=header, blocks=source.blocks)
            )


def _count_as(header: StreamHeader, context: Any) -> None:
    """Let FFmpeg use the sample size of the source.

    By default, FFmpeg writes the block size as the sample size, even for
    codecs with variable blocks, whose duration it does not know.
    """
    if header.sample_size or not header.rate:
        return
    samples = header.scale * context.sample_rate / header.rate
    context.options = {
        'block_align': '0',
        'frame_size': str(round(samples)),
    }
    context.open()
