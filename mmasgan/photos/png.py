"""PNG of 16 bits per channel, which Pillow cannot write."""

import struct
import zlib

import numpy as np

from .photo import Photo

__all__ = ['encode_deep_png']

COLOUR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}  # by the number of channels
UP = 2  # the filter: each byte less the one above
INCH = 0.0254  # metres


def encode_deep_png(photo: Photo) -> bytes:
    """Encode a photograph of 16 bits, with profile, EXIF and resolution.

    OpenCV could write the pixels but for grey with alpha, and none of the
    rest. Source: PNG Specification, Third Edition, W3C 2025.

    Args:
        photo: Its pixels are uint16.
    """
    samples = photo.samples()
    height, width, channels = samples.shape
    header = struct.pack(
        '>IIBBBBB', width, height, 16, COLOUR_TYPES[channels], 0, 0, 0
    )
    chunks = [(b'IHDR', header)]
    if photo.icc_profile is not None:
        profile = zlib.compress(photo.icc_profile)
        chunks.append((b'iCCP', b'ICC Profile\0\0' + profile))
    if photo.dpi is not None:
        metre = (round(value / INCH) for value in photo.dpi)
        chunks.append((b'pHYs', struct.pack('>IIB', *metre, 1)))
    if photo.exif is not None:
        chunks.append((b'eXIf', photo.exif.removeprefix(b'Exif\0\0')))
    chunks += [(b'IDAT', zlib.compress(_filtered(samples))), (b'IEND', b'')]
    return b'\x89PNG\r\n\x1a\n' + b''.join(
        struct.pack('>I', len(content))
        + kind
        + content
        + struct.pack('>I', zlib.crc32(kind + content))
        for kind, content in chunks
    )


def _filtered(samples: np.ndarray) -> bytes:
    height = len(samples)
    rows = samples.astype('>u2').view(np.uint8).reshape(height, -1)
    filtered = np.empty((height, 1 + rows.shape[1]), np.uint8)
    filtered[:, 0] = UP
    filtered[0, 1:] = rows[0]
    np.subtract(rows[1:], rows[:-1], out=filtered[1:, 1:])
    return filtered.tobytes()
