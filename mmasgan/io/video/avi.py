"""Stream headers of AVI files, which contain the time base of sound."""

import struct
from pathlib import Path
from typing import NamedTuple

__all__ = ['AviStream', 'StreamHeader', 'read_streams', 'write_stream']

FIELDS = struct.Struct('<7I')
BEFORE = 20  # bytes of a stream header before these fields
BLOCKS = slice(8, 14)  # of a format: bytes per second, bytes per block


class StreamHeader(NamedTuple):
    """Time base of a stream.

    Attributes:
        scale: Duration of a sample, as ``scale / rate`` seconds.
        rate: Divisor of ``scale``.
        start: Number of samples before the stream starts.
        length: Number of samples.
        buffer_size: Size of the largest chunk, in bytes.
        quality: Quality setting of the encoder.
        sample_size: Size of a sample, in bytes; 0 if each chunk is one
            sample.
    """

    scale: int
    rate: int
    start: int
    length: int
    buffer_size: int
    quality: int
    sample_size: int


class AviStream(NamedTuple):
    """Headers of a stream.

    Attributes:
        header: Header with the time base.
        blocks: Bytes per second and per block of sound, as in the file.
        header_place: Position of the header in the file.
        blocks_place: Position of ``blocks`` in the file.
    """

    header: StreamHeader
    blocks: bytes
    header_place: int
    blocks_place: int


def read_streams(path: Path) -> list[AviStream]:
    """Read the headers of the streams of an AVI, in order."""
    found: list[AviStream] = []
    with path.open('rb') as file:
        file.seek(12)
        while len(head := file.read(8)) == 8:
            name, size = struct.unpack('<4sI', head)
            start = file.tell()
            if name == b'LIST':
                kind = file.read(4)
                if kind == b'movi':
                    break
                if kind in (b'hdrl', b'strl'):
                    continue  # with the content
            elif name == b'strh' and size >= BEFORE + FIELDS.size:
                fields = file.read(BEFORE + FIELDS.size)[BEFORE:]
                header = StreamHeader(*FIELDS.unpack(fields))
                found.append(AviStream(header, b'', start + BEFORE, 0))
            elif name == b'strf' and found:
                found[-1] = found[-1]._replace(
                    blocks=file.read(16)[BLOCKS],
                    blocks_place=start + BLOCKS.start,
                )
            file.seek(start + size + size % 2)
    return found


def write_stream(path: Path, stream: AviStream) -> None:
    """Replace the headers of a stream."""
    with path.open('r+b') as file:
        file.seek(stream.header_place)
        file.write(FIELDS.pack(*stream.header))
        file.seek(stream.blocks_place)
        file.write(stream.blocks)
