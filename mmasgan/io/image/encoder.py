"""Encoding of photographs with their metadata."""

import struct
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from .losses import FORMATS, WORDS, holds
from .metadata import with_resolution
from .photo import Photo, to_8_bits
from .png import encode_png
from .tiff import encode_tiff

__all__ = ['PHOTO_SUFFIXES', 'encode_photo', 'writable_name']

PHOTO_SUFFIXES = tuple(FORMATS)
"""Suffixes of the formats in which photographs can be written."""


def writable_name(name: str) -> str:
    """Return a file name with a suffix in which photographs can be written."""
    is_writable = Path(name).suffix.lower() in PHOTO_SUFFIXES
    return name if is_writable else f'{name}.png'


def encode_photo(photo: Photo, suffix: str) -> bytes:
    """Encode a photograph, losslessly except for JPEG.

    JPEG has quality 95 and full colour resolution. PNG, TIFF and PPM keep 16
    bits; other formats have 8. An opaque alpha channel is dropped if the
    format has none, and so is all metadata that :func:`lost_in` lists.

    Args:
        photo: Photograph to encode.
        suffix: Suffix of the file, one of ``PHOTO_SUFFIXES``, upper or
            lower.

    Raises:
        ValueError: If the format is unknown, or does not support transparent
            pixels or the size of the image.
    """
    given, suffix = suffix, suffix.lower()
    if suffix not in FORMATS:
        raise ValueError(
            f'photographs cannot be written as {given!r}, only as '
            f'{", ".join(PHOTO_SUFFIXES)}'
        )
    if not FORMATS[suffix].has_alpha:
        if not photo.is_opaque:
            raise ValueError(
                f'transparent pixels are not supported by {given!r}; write a '
                '.png'
            )
        photo = replace(photo, alpha=None)
    dropped = [
        name
        for name in WORDS
        if getattr(photo, name) and not holds(photo, name, suffix)
    ]
    nothing: Any = dict.fromkeys(dropped)
    try:
        return ENCODERS[suffix](replace(photo, **nothing))
    except MemoryError:
        raise
    except Exception as error:  # OSError, ValueError, struct.error, ...
        height, width = photo.pixels.shape[:2]
        raise ValueError(
            f'{width}x{height} pixels cannot be encoded as {given!r}: {error}'
        ) from error


def _jpeg(photo: Photo) -> bytes:
    more = b''
    if photo.xmp is not None:
        more += _segment(0xE1, b'http://ns.adobe.com/xap/1.0/\0' + photo.xmp)
    if photo.iptc is not None:
        size = struct.pack('>I', len(photo.iptc))
        block = b'8BIM\x04\x04\0\0' + size + photo.iptc
        block += bytes(len(block) % 2)
        more += _segment(0xED, b'Photoshop 3.0\0' + block)
    if photo.comment is not None:
        more += _segment(0xFE, photo.comment)
    options = {'quality': 95, 'subsampling': 0, 'extra': more}
    return _saved(photo, 'JPEG', **options, **_metadata(photo, 'dpi'))


def _segment(marker: int, content: bytes) -> bytes:
    return struct.pack('>BBH', 0xFF, marker, 2 + len(content)) + content


def _webp(photo: Photo) -> bytes:
    photo = replace(photo, exif=with_resolution(photo))
    options = _metadata(photo, 'xmp')
    return _saved(photo, 'WEBP', lossless=True, exact=True, **options)


def _bmp(photo: Photo) -> bytes:
    if photo.alpha is not None and not photo.is_opaque:
        return _bmp_with_alpha(photo, photo.alpha)
    photo = replace(photo, alpha=None)
    dpi = {} if photo.dpi is None else {'dpi': photo.dpi}
    return _saved(photo, 'BMP', **dpi)


def _bmp_with_alpha(photo: Photo, alpha: np.ndarray) -> bytes:
    """Write a BMP header with alpha, which Pillow does not support."""
    rgba = to_8_bits(np.dstack([photo.pixels, alpha]))
    rows = rgba[::-1, :, [2, 1, 0, 3]].tobytes()
    height, width = rgba.shape[:2]
    dots = [round(value / 0.0254) for value in photo.dpi or (0, 0)]
    start = 14 + 108  # file header, BITMAPV4HEADER
    header = struct.pack(
        '<2sIIIIiiHHIIiiII', b'BM', start + len(rows), 0, start,
        108, width, height, 1, 32, 3, len(rows), *dots, 0, 0,
    )  # fmt: skip
    masks = struct.pack('<4I4s', 0xFF0000, 0xFF00, 0xFF, 0xFF000000, b'BGRs')
    return header + masks + bytes(48) + rows


def _ppm(photo: Photo) -> bytes:
    samples = photo.samples()
    height, width, channels = samples.shape
    kind = {1: b'P5', 3: b'P6'}[channels]
    header = f'{width} {height}\n{np.iinfo(samples.dtype).max}\n'.encode()
    lines = (photo.comment or b'').splitlines()
    comment = b''.join(b'# ' + line + b'\n' for line in lines)
    big_endian = samples.astype(samples.dtype.newbyteorder('>'))
    return kind + b'\n' + comment + header + big_endian.tobytes()


def _saved(photo: Photo, kind: str, **options: Any) -> bytes:
    samples = to_8_bits(photo.samples())
    if samples.shape[2] == 1:
        samples = samples[..., 0]
    file = BytesIO()
    Image.fromarray(samples).save(file, kind, **options)
    return file.getvalue()


def _metadata(photo: Photo, *more: str) -> dict[str, Any]:
    values = {
        name: getattr(photo, name) for name in ('icc_profile', 'exif', *more)
    }
    return {name: value for name, value in values.items() if value}


ENCODERS: dict[str, Callable[[Photo], bytes]] = {
    '.png': encode_png,
    **dict.fromkeys(('.jpg', '.jpeg', '.jpe', '.jfif'), _jpeg),
    **dict.fromkeys(('.tif', '.tiff'), encode_tiff),
    '.webp': _webp,
    '.bmp': _bmp,
    **dict.fromkeys(('.ppm', '.pgm', '.pnm'), _ppm),
}
