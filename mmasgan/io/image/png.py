"""Writing of 8-bit and 16-bit PNG files with metadata."""

import struct
import zlib
from io import BytesIO

import numpy as np
from PIL import Image

from .photo import Photo

__all__ = ['INCH', 'SIGNATURE', 'XMP_KEY', 'chunk', 'encode_png']

SIGNATURE = b'\x89PNG\r\n\x1a\n'
HEADER_END = 33  # length of the signature and the first chunk
COLOUR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}  # by the number of channels
UP = 2  # filter: each byte minus the one above
INCH = 0.0254  # metres
XMP_KEY = b'XML:com.adobe.xmp'


def encode_png(photo: Photo) -> bytes:
    """Encode a photograph with its metadata.

    Pillow does not write 16-bit colours, nor all chunks. Source: PNG
    Specification, Third Edition, W3C 2025.
    """
    samples = photo.samples()
    if samples.dtype == np.uint16:
        plain = _deep_png(samples)
    else:
        file = BytesIO()
        gray = samples.shape[2] == 1
        image = Image.fromarray(samples[..., 0] if gray else samples)
        image.save(file, 'PNG')
        plain = file.getvalue()
    more = b''.join(chunk(kind, data) for kind, data in _metadata(photo))
    return plain[:HEADER_END] + more + plain[HEADER_END:]


def chunk(kind: bytes, content: bytes) -> bytes:
    """Return a chunk with its length and checksum."""
    checksum = struct.pack('>I', zlib.crc32(kind + content))
    return struct.pack('>I', len(content)) + kind + content + checksum


def _deep_png(samples: np.ndarray) -> bytes:
    height, width, channels = samples.shape
    header = struct.pack(
        '>IIBBBBB', width, height, 16, COLOUR_TYPES[channels], 0, 0, 0
    )
    return (
        SIGNATURE
        + chunk(b'IHDR', header)
        + chunk(b'IDAT', zlib.compress(_filtered(samples)))
        + chunk(b'IEND', b'')
    )


def _metadata(photo: Photo) -> list[tuple[bytes, bytes]]:
    chunks = []
    if photo.icc_profile is not None:
        profile = zlib.compress(photo.icc_profile)
        chunks.append((b'iCCP', b'ICC Profile\0\0' + profile))
    if photo.dpi is not None:
        metre = (round(value / INCH) for value in photo.dpi)
        chunks.append((b'pHYs', struct.pack('>IIB', *metre, 1)))
    if photo.exif is not None:
        chunks.append((b'eXIf', photo.exif.removeprefix(b'Exif\0\0')))
    if photo.xmp is not None:
        chunks.append((b'iTXt', XMP_KEY + bytes(5) + photo.xmp))
    if photo.comment is not None:
        text = photo.comment.replace(b'\0', b' ')
        chunks.append((b'iTXt', b'Comment' + bytes(5) + _utf8(text)))
    return chunks + list(photo.png_chunks)


def _utf8(text: bytes) -> bytes:
    try:
        text.decode()
    except UnicodeDecodeError:
        return text.decode('latin-1').encode()
    return text


def _filtered(samples: np.ndarray) -> bytes:
    height = len(samples)
    rows = samples.astype('>u2').view(np.uint8).reshape(height, -1)
    filtered = np.empty((height, 1 + rows.shape[1]), np.uint8)
    filtered[:, 0] = UP
    filtered[0, 1:] = rows[0]
    np.subtract(rows[1:], rows[:-1], out=filtered[1:, 1:])
    return filtered.tobytes()
