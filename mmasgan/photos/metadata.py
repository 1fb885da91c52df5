"""What a file says beside its pixels."""

import math

from PIL import Image

__all__ = ['EXIF_IFD', 'GPS_IFD', 'dots_per_inch', 'upright_exif']

EXIF_IFD = 0x8769
GPS_IFD = 0x8825
PIXEL_SIZE = (0xA002, 0xA003)  # width and height
TURNED = (5, 6, 7, 8)
# How pixels are stored, which whoever writes them says anew; orientation and
# resolution; and in TIFF files what is kept elsewhere (ICC) or not at all
# (XMP, IPTC, Photoshop's, previews).
LAYOUT_TAGS = {
    *(254, 255, 256, 257, 258, 259, 262, 263, 266, 273, 274, 277, 278, 279),
    *(280, 281, 282, 283, 284, 292, 293, 296, 301, 317, 318, 319, 320, 322),
    *(323, 324, 325, 330, 332, 338, 339, 340, 341, 342, 347, 512, 513, 514),
    *(519, 520, 521, 529, 530, 531, 532, 700, 33723, 34377, 34675, 37724),
}


def upright_exif(exif: Image.Exif, width: int, height: int) -> bytes | None:
    """Return EXIF data for an upright image.

    The orientation, the preview, which shows the old image, and what says
    how a TIFF file stores its pixels are left out.

    Args:
        exif: Of the file; is changed.
        width: Of the upright image.
        height: Of the upright image.

    Returns:
        The data as JPEG files have them; None if there are none, or if they
        are so damaged that they cannot be written again.
    """
    try:
        for tag in LAYOUT_TAGS.intersection(exif):
            del exif[tag]
        if not len(exif):
            return None
        camera = exif.get_ifd(EXIF_IFD)
        for tag, side in zip(PIXEL_SIZE, (width, height), strict=True):
            if tag in camera:
                camera[tag] = side
        return exif.tobytes()
    except Exception:  # struct.error, TypeError and whatever Pillow raises
        return None


def dots_per_inch(
    image: Image.Image, orientation: int | None
) -> tuple[float, float] | None:
    """Return the resolution of the upright image, if the file says it."""
    try:
        x, y = (float(value) for value in image.info['dpi'])
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None
    if not all(math.isfinite(value) and value > 0 for value in (x, y)):
        return None
    return (y, x) if orientation in TURNED else (x, y)
