"""Reading of PBM, PGM and PPM files of any depth."""

import re

import numpy as np

from .kinds import UndecodableError, check_size
from .metadata import Metadata
from .photo import Photo

__all__ = ['decode_pnm']

# A number in the header, after spaces and comments.
NUMBER = re.compile(rb'(?:\s|#[^\r\n]*[\r\n])*(\d{1,9})')
COMMENT = re.compile(rb'#\s*([^\r\n]*)')
BITMAPS, COLOURS, PLAIN = b'14', b'36', b'123'  # second bytes of the file


def decode_pnm(content: bytes) -> Photo:
    """Decode a PBM, PGM or PPM file, plain or binary.

    Pillow reduces 10 and 12 bits to 8. Source: the manual pages ppm(5),
    pgm(5) and pbm(5) of Netpbm.

    Raises:
        UndecodableError: If it is damaged.
    """
    kind = content[1:2]
    place, numbers, comments = 2, [], []
    for _ in range(2 if kind in BITMAPS else 3):
        match = NUMBER.match(content, place)
        if match is None:
            raise UndecodableError(
                'is damaged: its header is not a PNM header'
            )
        place = match.end()
        numbers.append(int(match[1]))
        comments += COMMENT.findall(match[0])
    width, height, most = numbers if len(numbers) > 2 else (*numbers, 1)
    if not (width and height and 0 < most < 65536):
        raise UndecodableError(
            f'is damaged: its header has {width}x{height} pixels with '
            f'values up to {most}'
        )
    check_size(width, height)
    channels = 3 if kind in COLOURS else 1
    values, rest = _values(content[place:], kind, most, (height, width))
    meta = Metadata(comment=b'\n'.join(comments))
    if kind in PLAIN and kind not in BITMAPS and content[-1:].isdigit():
        meta.notes.append(
            'it ends within a line, and its last value may be truncated'
        )
    if rest.strip():
        if re.match(rb'\s*P[1-7]\s', rest):
            raise UndecodableError(
                'contains several pictures; save each one as a separate file'
            )
        meta.notes.append('bytes after its pixels are left out')
    values = values.reshape(height, width, channels)
    if values.max() > most:
        raise UndecodableError(
            f'is damaged: it has values above {most}, its maximum'
        )
    if kind in BITMAPS:
        values = 1 - values  # 1 is black
    high = 255 if most < 256 else 65535
    if most not in (255, 65535):
        values = values.astype(np.uint32) * high + most // 2
        values //= most
        if most > 255:
            meta.notes.append(
                f'its values up to {most} are converted to 16 bits'
            )
    values = values.astype(np.uint8 if high == 255 else np.uint16)
    pixels = np.repeat(values, 3, axis=2) if channels == 1 else values
    return meta.photo(pixels, None, channels == 1, '.ppm')


def _values(
    data: bytes, kind: bytes, most: int, size: tuple[int, int]
) -> tuple[np.ndarray, bytes]:
    """Return the values of a file, and the bytes after them."""
    height, width = size
    count = height * width * (3 if kind in COLOURS else 1)
    if kind in PLAIN:
        return _plain(data, kind, count)
    row = -(-width // 8)
    needed = row * height if kind in BITMAPS else count * (1 + (most > 255))
    # One space, or the line end of Windows.
    is_two = data[:2] == b'\r\n' and len(data) == 2 + needed
    data = data[1 + is_two :]
    if kind in BITMAPS:
        packed = _taken(data, row * height).reshape(height, row)
        values = np.unpackbits(packed, axis=1)[:, :width]
        return values, data[row * height :]
    if most < 256:
        return _taken(data, count), data[count:]
    return _taken(data, 2 * count).view('>u2'), data[2 * count :]


def _plain(data: bytes, kind: bytes, count: int) -> tuple[np.ndarray, bytes]:
    text = re.sub(rb'#[^\r\n]*', b'', data)
    if kind in BITMAPS:  # spaces are optional
        words: list[bytes] = [b'%c' % c for c in b''.join(text.split())]
    else:
        words = text.split()
    try:
        values = np.array(words[:count], dtype='S6').astype(np.uint32)
    except (ValueError, OverflowError) as error:
        raise UndecodableError(
            'is damaged: a value is not a number'
        ) from error
    if len(values) < count:
        raise _too_short(count, len(values))
    return values, b' '.join(words[count:])


def _taken(data: bytes, count: int) -> np.ndarray:
    if len(data) < count:
        raise _too_short(count, len(data))
    return np.frombuffer(data, np.uint8, count)


def _too_short(count: int, found: int) -> UndecodableError:
    return UndecodableError(
        f'is truncated: it has {found} of {count} values; copy or download '
        'it again'
    )
