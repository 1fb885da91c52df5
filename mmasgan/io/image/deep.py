"""AVIF and JPEG 2000 of more than 8 bits, which Pillow truncates to 8."""

import imagecodecs
import numpy as np

from .kinds import UndecodableError

__all__ = ['deep_avif', 'deep_jpeg2000']

SIZE_MARKER = b'\xff\x4f\xff\x51'  # start of a codestream, then its sizes
NUM_CHANNELS, FIRST_DEPTH = 40, 42  # places from the start
SIGNED = 0x80
AV1_CONFIG = b'av1C'
HIGH, TWELVE = 0x40, 0x20  # bits of its third byte


def deep_avif(content: bytes) -> tuple[np.ndarray | None, int]:
    """Return samples and bits of an AVIF file; None for 8 bits."""
    place = content.find(AV1_CONFIG)
    flags = content[place + 6] if 0 <= place < len(content) - 6 else 0
    if not flags & HIGH:
        return None, 8
    samples = imagecodecs.avif_decode(content)
    return samples, 12 if flags & TWELVE else 10


def deep_jpeg2000(content: bytes) -> tuple[np.ndarray | None, int]:
    """Return samples and bits of a JPEG 2000 file; None for 8 bits.

    Raises:
        UndecodableError: If channels have different depths, or signed values.
    """
    place = content.find(SIZE_MARKER)
    sizes = content[place:] if place >= 0 else b''
    if len(sizes) < FIRST_DEPTH + 2:
        return None, 8
    count = int.from_bytes(sizes[NUM_CHANNELS : NUM_CHANNELS + 2], 'big')
    depths = {*sizes[FIRST_DEPTH : FIRST_DEPTH + 3 * count : 3]}
    if all(depth < 8 for depth in depths):
        return None, 8
    depth = depths.pop()
    if depths or depth & SIGNED or depth > 15 or count not in (1, 2, 3, 4):
        raise UndecodableError(
            'is a JPEG 2000 file of an unusual depth; convert it to 8 or 16 '
            'bits'
        )
    return imagecodecs.jpeg2k_decode(content), depth + 1
