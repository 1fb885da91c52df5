"""Writing of 8-bit and 16-bit TIFF files with EXIF data."""

from io import BytesIO

from PIL import Image
from PIL.TiffImagePlugin import IFDRational, ImageFileDirectory_v2

from .metadata import (
    EXIF_IFD,
    GPS_IFD,
    RESOLUTION_UNIT,
    X_RESOLUTION,
    Y_RESOLUTION,
)
from .photo import Photo

__all__ = ['ICC_PROFILE', 'INTEROPERABILITY', 'IPTC', 'XMP', 'encode_tiff']

WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC = 256, 257, 258, 259, 262
STRIP_OFFSETS, CHANNELS, ROWS_PER_STRIP, STRIP_BYTES = 273, 277, 278, 279
EXTRA_SAMPLES, ICC_PROFILE, XMP, IPTC = 338, 34675, 700, 33723
BYTES, UNDEFINED = 1, 7  # types
UNCOMPRESSED = 1
BLACK_IS_ZERO, RGB = 1, 2
INCH = 2
UNASSOCIATED_ALPHA = 2
INTEROPERABILITY = 0xA005


def encode_tiff(photo: Photo) -> bytes:
    """Encode a photograph without compression, in one strip.

    Pillow does not write 16-bit colours, and tifffile no EXIF data; Pillow's
    directory of tags supports both.
    """
    samples = photo.samples()
    height, width, channels = samples.shape
    tags = ImageFileDirectory_v2()
    if photo.exif is not None:
        _add_exif(tags, photo.exif)
    tags[WIDTH] = width
    tags[HEIGHT] = height
    tags[BITS] = (8 * samples.itemsize,) * channels
    tags[COMPRESSION] = UNCOMPRESSED
    tags[PHOTOMETRIC] = BLACK_IS_ZERO if channels < 3 else RGB
    tags[STRIP_OFFSETS] = 0  # relative to the end of the tags
    tags[CHANNELS] = channels
    tags[ROWS_PER_STRIP] = height
    tags[STRIP_BYTES] = samples.nbytes
    if photo.alpha is not None:
        tags[EXTRA_SAMPLES] = UNASSOCIATED_ALPHA
    if photo.dpi is not None:
        tags[X_RESOLUTION], tags[Y_RESOLUTION] = map(IFDRational, photo.dpi)
        tags[RESOLUTION_UNIT] = INCH
    if photo.icc_profile is not None:
        tags[ICC_PROFILE] = photo.icc_profile
    if photo.xmp is not None:
        tags.tagtype[XMP] = BYTES
        tags[XMP] = photo.xmp
    if photo.iptc is not None:
        tags.tagtype[IPTC] = UNDEFINED
        tags[IPTC] = photo.iptc
    file = BytesIO()
    tags.save(file)
    file.write(samples.astype(samples.dtype.newbyteorder('<')).tobytes())
    return file.getvalue()


def _add_exif(tags: ImageFileDirectory_v2, content: bytes) -> None:
    exif = Image.Exif()
    exif.load(content)
    for tag, value in exif.items():
        if tag in (EXIF_IFD, GPS_IFD):
            value = dict(exif.get_ifd(tag))
            value.pop(INTEROPERABILITY, None)  # an offset into other data
        tags[tag] = value
