"""Metadata that a format does not support."""

import struct
from collections.abc import Set
from typing import NamedTuple

import numpy as np

from .photo import Photo

__all__ = ['FORMATS', 'WORDS', 'holds', 'lost_in']


class Format(NamedTuple):
    """What a file format supports."""

    metadata: Set[str]  # attributes of Photo
    is_deep: bool = True  # 16 bits
    has_alpha: bool = True


MOST_IN_JPEG = 65533  # bytes of a segment
XMP_START = 29  # bytes of the segment before the data
IPTC_START = 26
MANY_SEGMENTS = ('icc_profile', 'dpi')  # may need several segments
# White point and primaries, times 100 000.
SRGB_CHROMATICITIES = struct.pack(
    '>8I', 31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000
)
MEANT = (b'cICP', b'gAMA', b'cHRM', b'mDCV', b'cLLI')
WORDS = {
    'icc_profile': 'the colour profile',
    'exif': 'EXIF data',
    'xmp': 'XMP data',
    'iptc': 'IPTC data',
    'comment': 'the comment',
    'dpi': 'the resolution',
}
PNG = Format({'icc_profile', 'exif', 'xmp', 'comment', 'dpi'})
JPEG = Format({*WORDS}, is_deep=False, has_alpha=False)
TIFF = Format({'icc_profile', 'exif', 'xmp', 'iptc', 'dpi'})
PNM = Format({'comment'}, has_alpha=False)
FORMATS = {
    '.png': PNG,
    **dict.fromkeys(('.jpg', '.jpeg', '.jpe', '.jfif'), JPEG),
    **dict.fromkeys(('.tif', '.tiff'), TIFF),
    '.webp': Format({'icc_profile', 'exif', 'xmp', 'dpi'}, is_deep=False),
    '.bmp': Format({'dpi'}, is_deep=False),
    **dict.fromkeys(('.ppm', '.pgm', '.pnm'), PNM),
}
"""Formats in which photographs can be written, by suffix."""


def holds(photo: Photo, name: str, suffix: str) -> bool:
    """Return whether a format, by its suffix, supports an attribute."""
    value = getattr(photo, name)
    kind = FORMATS[suffix]
    if value is None or name not in kind.metadata:
        return False
    if name == 'icc_profile':
        return _profile_fits(photo, suffix)
    if kind is not JPEG or name in MANY_SEGMENTS:
        return True
    before = {'xmp': XMP_START, 'iptc': IPTC_START}.get(name, 0)
    return len(value) + before <= MOST_IN_JPEG


def lost_in(photo: Photo, suffix: str) -> tuple[str, ...]:
    """Return notes on what a format does not support.

    Transparent pixels are not included: they are refused.
    """
    suffix = suffix.lower()
    lost = [
        words
        for name, words in WORDS.items()
        if getattr(photo, name) and not holds(photo, name, suffix)
    ]
    notes = []
    if suffix != '.png' and photo.png_chunks:
        kinds = {kind for kind, _ in photo.png_chunks}
        if kinds - {b'sRGB', b'bKGD', *MEANT}:
            lost.append('texts')
        if not photo.icc_profile and not _is_srgb(photo):
            meant = sorted(kind.decode() for kind in kinds & {*MEANT})
            notes.append(
                f'its colour information ({", ".join(meant)}), which only PNG '
                'files can store, is left out; colours may look different'
            )
    if lost:
        notes.insert(0, f'left out of the {suffix}: {", ".join(lost)}')
    if photo.pixels.dtype == np.uint16 and not FORMATS[suffix].is_deep:
        notes.append(f'16 bits per channel are converted to 8 for {suffix}')
    return tuple(notes)


def _profile_fits(photo: Photo, suffix: str) -> bool:
    assert photo.icc_profile is not None
    # Grey images may have a profile for RGB, but not the reverse.
    is_gray = photo.is_gray and suffix != '.webp'
    return is_gray or photo.icc_profile[16:20] != b'GRAY'


def _is_srgb(photo: Photo) -> bool:
    chunks = dict(photo.png_chunks)
    if b'cICP' in chunks:
        return chunks[b'cICP'][:2] == bytes([1, 13])
    gamma = int.from_bytes(chunks.get(b'gAMA', b''), 'big')
    plain = b'cHRM' not in chunks or chunks[b'cHRM'] == SRGB_CHROMATICITIES
    return b'sRGB' in chunks or (plain and gamma in (0, 45454, 45455))
