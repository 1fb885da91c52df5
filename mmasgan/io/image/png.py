"""Writing of 8-bit and 16-bit PNG files with metadata."""

import struct
import zlib

import imagecodecs

from .photo import Photo

__all__ = ['INCH', 'SIGNATURE', 'XMP_KEY', 'chunk', 'encode_png']

SIGNATURE = b'\x89PNG\r\n\x1a\n'
HEADER_END = 33  # length of the signature and the first chunk
INCH = 0.0254  # metres
XMP_KEY = b'XML:com.adobe.xmp'


def encode_png(photo: Photo) -> bytes:
    """Encode a photograph with its metadata.

    Pillow does not write 16-bit colours, nor all chunks. Source: PNG
    Specification, Third Edition, W3C 2025.
    """
    plain = bytes(imagecodecs.png_encode(photo.samples()))
    more = b''.join(chunk(kind, data) for kind, data in _metadata(photo))
    return plain[:HEADER_END] + more + plain[HEADER_END:]


def chunk(kind: bytes, content: bytes) -> bytes:
    """Return a chunk with its length and checksum."""
    checksum = struct.pack('>I', zlib.crc32(kind + content))
    return struct.pack('>I', len(content)) + kind + content + checksum


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
