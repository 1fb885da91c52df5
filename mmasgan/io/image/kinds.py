"""File formats, recognised by their first bytes."""

import struct

from PIL import Image

__all__ = [
    'IMAGE_SUFFIXES',
    'PILLOW_FORMATS',
    'UndecodableError',
    'check_size',
    'kind_of',
]

IMAGE_SUFFIXES = (
    '.png', '.apng', '.jpg', '.jpeg', '.jpe', '.jfif', '.mpo', '.tif',
    '.tiff', '.webp', '.bmp', '.dib', '.ppm', '.pgm', '.pbm', '.pnm', '.gif',
    '.avif', '.jp2', '.j2k', '.jpc', '.jpf', '.jpx', '.tga',
)  # fmt: skip
"""Suffixes of photographs that can be read."""

PILLOW_FORMATS = (
    'PNG', 'JPEG', 'TIFF', 'WEBP', 'BMP', 'DIB', 'PPM', 'GIF',
    'JPEG2000', 'AVIF', 'TGA',
)  # fmt: skip
"""Allowed formats of Pillow: those of docs/formats.md."""

TIFF_STARTS = (b'II*\0', b'MM\0*', b'II+\0', b'MM\0+')
JP2_START = b'\0\0\0\x0cjP  \r\n\x87\n'
TGA_END = b'TRUEVISION-XFILE.\0'
STARTS = (
    ('PNG', b'\x89PNG\r\n\x1a\n'),
    ('JPEG', b'\xff\xd8\xff'),
    *(('TIFF', start) for start in TIFF_STARTS),
    *(('GIF', start) for start in (b'GIF87a', b'GIF89a')),
    *(('PNM', b'P%d' % number) for number in range(1, 7)),
    *(('JPEG2000', start) for start in (JP2_START, b'\xff\x4f\xff\x51')),
)
# Unsupported formats, by their first bytes.
UNREAD = (
    ('a JPEG XL file', b'\xff\x0a'),
    ('a JPEG XL file', b'\0\0\0\x0cJXL '),
    ('a Photoshop file', b'8BPS'),
    ('a PDF file', b'%PDF'),
    ('an EPS file', b'%!PS'),
    ('an OpenEXR file', b'\x76\x2f\x31\x01'),
    ('a Radiance HDR file', b'#?'),
    ('a PFM file of floating-point numbers', b'PF'),
    ('a PFM file of floating-point numbers', b'Pf'),
    ('a PAM file', b'P7'),
    ('an icon', b'\0\0\1\0'),
    ('an icon', b'icns'),
    ('a DDS file', b'DDS '),
    ('a QOI file', b'qoif'),
    ('an SGI file', b'\x01\xda'),
    ('a PCX file', b'\x0a\x05\x01'),
    ('a raw file of a camera', b'FUJIFILMCCD-RAW'),
    ('a raw file of a camera', b'IIU\0'),
    ('a raw file of a camera', b'IIRO'),
    ('a raw file of a camera', b'FOVb'),
    ('an SVG drawing', b'<svg'),
)
NO_IMAGES = (
    ('a web page', b'<!DOCTYPE'),
    ('a web page', b'<html'),
    ('a zip archive', b'PK\3\4'),
)
# Brands of ISO media files.
AVIF = (b'avif', b'avis')
HEIF = (b'heic', b'heix', b'hevc', b'heim', b'heis', b'mif1', b'msf1')


class UndecodableError(ValueError):
    """Image that cannot be decoded; the message follows the file name."""


def kind_of(content: bytes, name: str) -> str:
    """Return the format of an image file.

    Args:
        content: Content of the file.
        name: Name of the file; only used for Targa files, which may have no
            signature.

    Raises:
        UndecodableError: If the format is not supported.
    """
    for kind, start in STARTS:
        if content.startswith(start):
            return kind
    if content[:4] == b'RIFF' and content[8:12] == b'WEBP':
        return 'WEBP'
    # 'BM' is too short a signature: check the size of the header, too.
    if content[:2] == b'BM' and content[15:18] == bytes(3):
        return 'BMP'
    if content[4:8] == b'ftyp':
        return _iso_media(content)
    if content.endswith(TGA_END) or name.lower().endswith('.tga'):
        return 'TGA'
    for words, start in UNREAD:
        if content.startswith(start):
            raise UndecodableError(
                f'is {words}, which is not supported; convert it to PNG or '
                'JPEG'
            )
    for words, start in NO_IMAGES:
        if content.startswith(start):
            raise UndecodableError(
                f'is {words}, not an image; replace or remove it'
            )
    raise UndecodableError(
        'is not an image of a supported format; replace or remove it, or '
        'convert it to PNG or JPEG'
    )


def _iso_media(content: bytes) -> str:
    (size,) = struct.unpack('>I', content[:4])
    brands = [content[8:12]]
    brands += [content[at : at + 4] for at in range(16, min(size, 256), 4)]
    if set(brands) & set(AVIF):
        return 'AVIF'
    if set(brands) & set(HEIF):
        raise UndecodableError(
            'is a HEIC or HEIF file, which is not supported; convert it to '
            'JPEG or PNG, or set the phone to save JPEG'
        )
    if b'crx ' in brands:
        raise UndecodableError(
            'is a raw file of a camera; develop it to TIFF or JPEG'
        )
    raise UndecodableError('is a video or sound file, not an image')


def check_size(width: int, height: int) -> None:
    """Refuse an image that is too large for the memory.

    Raises:
        UndecodableError: If it has more than twice as many pixels as
            ``PIL.Image.MAX_IMAGE_PIXELS``, the limit of Pillow.
    """
    most = Image.MAX_IMAGE_PIXELS
    if most is not None and width * height > 2 * most:
        raise UndecodableError(
            f'has too many pixels ({width}x{height}: {width * height} pixels, '
            f'more than {2 * most}); scale or crop it or, if you trust it, '
            'increase PIL.Image.MAX_IMAGE_PIXELS'
        )
