"""End times of the tracks of MP4 and MOV files.

FFmpeg reports the duration of decoding, which is shorter if frames are
reordered.
"""

import struct
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import IO

__all__ = ['shown_until']


def shown_until(path: Path) -> list[Fraction]:
    """Return the end time of each track, in seconds.

    A damaged file gives an empty list.
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
            continue  # with the content
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
