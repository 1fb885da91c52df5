"""Sound in AVI, of which only a header says when it is heard."""

import struct
from pathlib import Path
from typing import NamedTuple

__all__ = ['AviStream', 'StreamHeader', 'read_streams', 'write_stream']

FIELDS = struct.Struct('<7I')
BEFORE = 20  # bytes of a stream's header that stand before these
BLOCKS = slice(8, 14)  # of a format: bytes a second, bytes of a block


class StreamHeader(NamedTuple):
    """How AVI counts the time of a stream.

    Attributes:
        scale: A sample lasts ``scale / rate`` seconds.
        rate: See ``scale``.
        start: Samples before it begins.
        length: Samples that it has.
        buffer_size: Bytes of its largest chunk.
        quality: Of its encoder.
        sample_size: Bytes of a sample; 0 where each chunk is one.
    """

    scale: int
    rate: int
    start: int
    length: int
    buffer_size: int
    quality: int
    sample_size: int


class AviStream(NamedTuple):
    """A stream of an AVI.

    Attributes:
        header: How its time is counted.
        blocks: Of sound, bytes a second and of a block, as they stand there.
        header_place: Where in the file the header is.
        blocks_place: Same for ``blocks``.
    """

    header: StreamHeader
    blocks: bytes
    header_place: int
    blocks_place: int


def read_streams(path: Path) -> list[AviStream]:
    """Read the headers of the streams of an AVI, in order.

    Args:
        path: The file.
    """
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
                    continue  # with what is within
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
    """Replace the headers of a stream.

    Args:
        path: An AVI.
        stream: What shall stand there, at places of this file.
    """
    with path.open('r+b') as file:
        file.seek(stream.header_place)
        file.write(FIELDS.pack(*stream.header))
        file.seek(stream.blocks_place)
        file.write(stream.blocks)
