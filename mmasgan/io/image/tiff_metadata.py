"""Metadata of TIFF files."""

import struct
from io import BytesIO

from PIL import Image
from PIL.TiffImagePlugin import ImageFileDirectory_v2
from tifffile import TiffPage

from .metadata import (
    EXIF_IFD,
    GPS_IFD,
    LAYOUT_TAGS,
    ORIENTATION,
    RESOLUTION_UNIT,
    X_RESOLUTION,
    Y_RESOLUTION,
    Metadata,
    exif_resolution,
    iptc_of_photoshop,
)
from .tiff import ICC_PROFILE, INTEROPERABILITY, IPTC, XMP

__all__ = ['add_tiff_metadata']

PHOTOSHOP = 34377
NO_UNIT = 1  # of a resolution
IPTC_START = b'\x1c'


def add_tiff_metadata(meta: Metadata, content: bytes, page: TiffPage) -> None:
    """Read the metadata of a page."""
    # BigTIFF has a different format, which is invalid in EXIF data.
    tags = _directory(content, page.offset)
    meta.dpi = exif_resolution(tags)
    sides = {tags.get(tag) for tag in (X_RESOLUTION, Y_RESOLUTION)}
    if tags.get(RESOLUTION_UNIT) == NO_UNIT and len(sides) > 1:
        meta.notes.append('its pixel aspect ratio is left out')
    meta.orientation = tags.get(ORIENTATION)
    meta.icc_profile = _bytes(page, ICC_PROFILE)
    meta.xmp = _bytes(page, XMP)
    meta.iptc = _bytes(page, IPTC)
    if meta.iptc is None:
        meta.iptc = iptc_of_photoshop(_bytes(page, PHOTOSHOP) or b'')
    exif = Image.Exif()
    for tag, value in tags.items():
        if tag in (EXIF_IFD, GPS_IFD):
            value = dict(_directory(content, value))
            value.pop(INTEROPERABILITY, None)  # an offset into other data
            exif[tag] = value
        elif tag not in LAYOUT_TAGS:
            exif[tag] = value
    try:
        meta.load_exif(exif.tobytes() if len(exif) else b'')
    except Exception:  # struct.error, TypeError and errors of Pillow
        meta.notes.append('its EXIF data are damaged and left out')


def _directory(content: bytes, offset: int) -> ImageFileDirectory_v2:
    # Pillow expects the version at its little-endian position.
    is_big = b'+' in content[2:4]
    rest = content[4 : 16 if is_big else 8]
    tags = ImageFileDirectory_v2(
        (b'II+\0' if is_big else b'II*\0') + rest, content[:2]
    )
    file = BytesIO(content)
    file.seek(offset)
    tags.load(file)
    return tags


def _bytes(page: TiffPage, tag: int) -> bytes | None:
    """Return the content of a tag, which may have several types."""
    value = page.tags.valueof(tag)
    if isinstance(value, str):
        value = value.encode()
    if isinstance(value, int):
        value = (value,)
    if isinstance(value, tuple) and all(isinstance(v, int) for v in value):
        # IPTC data as 32-bit numbers, of either byte order.
        packed = [struct.pack(f'{o}{len(value)}I', *value) for o in '<>']
        value = next((p for p in packed if p[:1] == IPTC_START), None)
    return value if isinstance(value, bytes) and value else None
