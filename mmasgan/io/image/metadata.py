"""Metadata of image files."""

import math
import re
import struct
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

from .photo import Photo

__all__ = [
    'EXIF_IFD',
    'GPS_IFD',
    'LAYOUT_TAGS',
    'ORIENTATION',
    'RESOLUTION_UNIT',
    'X_RESOLUTION',
    'Y_RESOLUTION',
    'Metadata',
    'dots_per_inch',
    'exif_resolution',
    'iptc_of_photoshop',
    'upright_exif',
    'upright_xmp',
    'with_resolution',
]

EXIF_IFD = 0x8769
GPS_IFD = 0x8825
ORIENTATION = 274
X_RESOLUTION, Y_RESOLUTION, RESOLUTION_UNIT = 282, 283, 296
UNITS = {2: 1.0, 3: 2.54}  # inches and centimetres, in dots per inch
PIXEL_SIZE = (0xA002, 0xA003)  # width and height
TURNED = (5, 6, 7, 8)
# Tags that are not copied: layout of the pixels, orientation, resolution, and
# data of TIFF files that is stored separately (ICC, XMP, IPTC) or dropped
# (Photoshop's, previews).
LAYOUT_TAGS = {
    *(254, 255, 256, 257, 258, 259, 262, 263, 266, 273, 274, 277, 278, 279),
    *(280, 281, 282, 283, 284, 292, 293, 296, 301, 317, 318, 319, 320, 322),
    *(323, 324, 325, 330, 332, 338, 339, 340, 341, 342, 347, 512, 513, 514),
    *(519, 520, 521, 529, 530, 531, 532, 700, 33723, 34377, 34675, 37724),
}
IPTC_RESOURCE = 0x0404
# XMP namespaces that describe images that are left out.
GAIN_MAP = (b'hdrgm:', b'http://ns.google.com/photos/1.0/container/')


@dataclass
class Metadata:
    """Metadata of a file; other attributes are those of :class:`Photo`.

    Attributes:
        exif: EXIF data, with the orientation.
        orientation: EXIF orientation; None means that of ``exif``.
    """

    exif: Image.Exif | None = None
    orientation: int | None = None
    icc_profile: bytes | None = None
    dpi: tuple[Any, Any] | None = None
    xmp: bytes | None = None
    iptc: bytes | None = None
    comment: bytes | None = None
    png_chunks: tuple[tuple[bytes, bytes], ...] = ()
    notes: list[str] = field(default_factory=list)

    def load_exif(self, content: bytes) -> None:
        """Parse EXIF data, with a note if they are damaged."""
        exif = Image.Exif()
        try:
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter('always')
                exif.load(content)
                for inner in {EXIF_IFD, GPS_IFD}.intersection(exif):
                    exif.get_ifd(inner)
        except Exception:  # struct.error, SyntaxError and others
            self.notes.append('its EXIF data are damaged and left out')
            return
        # Pillow warns about tags that it cannot read.
        if any('PIL' in warning.filename for warning in caught):
            self.notes.append(
                'its EXIF data are damaged; unreadable tags are left out'
            )
        self.exif = exif

    def photo(
        self,
        pixels: np.ndarray,
        alpha: np.ndarray | None,
        is_gray: bool,
        suffix: str,
    ) -> Photo:
        """Return the photograph, rotated upright.

        Args:
            pixels: Pixels as stored, (H, W, 3).
            alpha: Opacity, see :class:`Photo`.
            is_gray: Whether the file has no colours.
            suffix: Suffix of the format, see :class:`Photo`.
        """
        exif = self.exif or Image.Exif()
        orientation = self.orientation or exif.get(ORIENTATION)
        pixels = _turned(pixels, orientation)
        height, width = pixels.shape[:2]
        dpi = self.dpi or exif_resolution(exif)
        written = upright_exif(exif, width, height)
        if written is None and len(exif):
            self.notes.append('its EXIF data are damaged and left out')
        return Photo(
            pixels=pixels,
            alpha=None if alpha is None else _turned(alpha, orientation),
            is_gray=is_gray,
            icc_profile=self.icc_profile or None,
            exif=written,
            dpi=dots_per_inch(dpi, orientation),
            suffix=suffix,
            xmp=self._xmp(),
            iptc=self.iptc or None,
            comment=self.comment or None,
            png_chunks=self.png_chunks,
            notes=tuple(self.notes),
        )

    def _xmp(self) -> bytes | None:
        xmp = (self.xmp or b'').rstrip(b'\0')
        if any(name in xmp for name in GAIN_MAP):
            self.notes.append(
                'its XMP data describe another image, such as the gain map '
                'of an HDR photograph; both are left out'
            )
            return None
        return upright_xmp(xmp) or None


def upright_exif(exif: Image.Exif, width: int, height: int) -> bytes | None:
    """Return EXIF data for an upright image.

    The orientation, the preview and the layout of TIFF files are removed.

    Returns:
        EXIF data for a JPEG file; None if there are none, or if they are too
        damaged.
    """
    try:
        for tag in LAYOUT_TAGS.intersection(exif):
            del exif[tag]
        if not len(exif):
            return None
        camera = exif.get_ifd(EXIF_IFD) if EXIF_IFD in exif else {}
        for tag, side in zip(PIXEL_SIZE, (width, height), strict=True):
            if tag in camera:
                camera[tag] = side
        return exif.tobytes()
    except Exception:  # struct.error, TypeError and errors of Pillow
        return None


def upright_xmp(xmp: bytes) -> bytes:
    """Return XMP data for an upright image, without previews."""
    xmp = re.sub(rb'(tiff:Orientation\s*=\s*["\'])\d', rb'\g<1>1', xmp)
    xmp = re.sub(rb'(<tiff:Orientation>\s*)\d', rb'\g<1>1', xmp)
    return re.sub(
        rb'<xmp:Thumbnails>.*?</xmp:Thumbnails>\s*', b'', xmp, flags=re.DOTALL
    )


def exif_resolution(tags: Mapping[int, Any]) -> tuple[Any, Any] | None:
    """Return the resolution in EXIF data or TIFF tags, per inch."""
    # The default unit of the specification is the inch.
    unit = UNITS.get(tags.get(RESOLUTION_UNIT, 2))
    try:
        x, y = (float(tags[tag]) for tag in (X_RESOLUTION, Y_RESOLUTION))
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None
    return None if unit is None else (x * unit, y * unit)


def dots_per_inch(
    values: Any, orientation: int | None
) -> tuple[float, float] | None:
    """Return the resolution of the upright image, or None."""
    try:
        x, y = (float(value) for value in values)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    if not all(math.isfinite(value) and value > 0 for value in (x, y)):
        return None
    return (y, x) if orientation in TURNED else (x, y)


def with_resolution(photo: Photo) -> bytes | None:
    """Return the EXIF data of a photograph, including its resolution."""
    if photo.dpi is None:
        return photo.exif
    exif = Image.Exif()
    if photo.exif:
        exif.load(photo.exif)
    exif[X_RESOLUTION], exif[Y_RESOLUTION] = map(IFDRational, photo.dpi)
    exif[RESOLUTION_UNIT] = 2
    return exif.tobytes()


def iptc_of_photoshop(resources: bytes) -> bytes | None:
    """Return the IPTC data among Photoshop's image resources."""
    place = 0
    while resources[place : place + 4] == b'8BIM':
        name = resources[place + 6] if len(resources) > place + 6 else 0
        start = place + 6 + name + 1
        start += (start - place) % 2
        if len(resources) < start + 4:
            return None
        (size,) = struct.unpack('>I', resources[start : start + 4])
        (kind,) = struct.unpack('>H', resources[place + 4 : place + 6])
        if kind == IPTC_RESOURCE:
            return resources[start + 4 : start + 4 + size]
        place = start + 4 + size + size % 2
    return None


def _turned(image: np.ndarray, orientation: int | None) -> np.ndarray:
    """Return an upright copy of an image or channel."""
    if orientation in TURNED:
        image = image.swapaxes(0, 1)
    rows = -1 if orientation in (3, 4, 7, 8) else 1
    columns = -1 if orientation in (2, 3, 6, 7) else 1
    return np.array(image[::rows, ::columns], order='C')
