"""Until when MP4 and MOV show their tracks, which FFmpeg does not tell.

Its duration of a stream is that of decoding, which ends earlier where frames
are stored in another order than they are seen in.
"""

import struct
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import IO

__all__ = ['shown_until']


def shown_until(path: Path) -> list[Fraction]:
    """Return the second at which each track ends, in the file's order.

    Args:
        path: An MP4 or MOV. Of one that is damaged, nothing is returned.
    """
    ticks: list[int] = []
    unit = 0
    with path.open('rb') as file:
        for name, content in _headers(file):
            is_long = content[:1] == b'\1'
            try:
                if name == b'mvhd':
                    place = 20 if is_long else 12
                    (unit,) = struct.unpack_from('>I', content, place)
                else:
                    form, place = ('>Q', 28) if is_long else ('>I', 20)
                    ticks += struct.unpack_from(form, content, place)
            except struct.error:
                return []
    return [Fraction(number, unit) for number in ticks] if unit else []


def _headers(file: IO[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """Yield the headers of the movie and of its tracks."""
    while len(head := file.read(8)) == 8:
        size, name = struct.unpack('>I4s', head)
        if name in (b'moov', b'trak'):
            continue  # with what is within
        start = file.tell()
        length = size - 8
        if size == 1:
            length = int.from_bytes(file.read(8), 'big') - 16
            start += 8
        if size == 0 or length < 0:
            return
        if name in (b'mvhd', b'tkhd'):
            yield name, file.read(min(length, 1000))
        file.seek(start + length)
