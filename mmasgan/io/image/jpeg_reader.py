"""Reading of JPEG files, with a check that they are complete."""

import re
import struct
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import numpy as np
import simplejpeg
from PIL import Image

from .kinds import UndecodableError, check_size
from .metadata import Metadata, iptc_of_photoshop
from .photo import Photo

__all__ = ['check_jpeg', 'decode_jpeg']

END = b'\xff\xd9'
EXIF = b'Exif\0\0'
XMP = b'http://ns.adobe.com/xap/1.0/\0'
MORE_XMP = b'http://ns.adobe.com/xmp/extension/\0'
PHOTOSHOP = b'Photoshop 3.0\0'
# Warnings of libjpeg for files with intact pixels.
HARMLESS = re.compile(
    'Unknown Adobe color transform|unknown JFIF revision|'
    'Invalid SOS parameters|bad ICC marker'
)
SUPERFLUOUS = re.compile('(\\d+) extraneous bytes before marker 0xd9')
MOST_SUPERFLUOUS = 16  # bytes; damaged pixels leave more
# Features that Pillow supports, but not libjpeg-turbo's other interface.
UNUSUAL = re.compile('subsampl|colorspace|support', re.IGNORECASE)
# Markers of frame headers: all except those of tables (C4, C8 and CC).
FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
PROGRESSIVE, SCAN = 0xC2, 0xDA
MARKER = re.compile(rb'\xff[^\x00\xff\xd0-\xd7]', re.DOTALL)
ALONE = {0x01, *range(0xD0, 0xD8)}  # markers without length


def decode_jpeg(content: bytes) -> Photo:
    """Decode a JPEG file, or the first picture of an MPO file.

    Raises:
        UndecodableError: If it is damaged or not supported.
        Exception: Errors of Pillow for damaged files.
    """
    _check_frame(content)
    meta = Metadata()
    pixels, content = _decoded(content, meta.notes)
    with Image.open(BytesIO(content), formats=['JPEG']) as image:
        check_size(*image.size)
        _add_metadata(meta, image)
        mode = image.mode
        if mode == 'CMYK':
            meta.notes.append(
                'its CMYK colours are converted to RGB without its profile, '
                'which is left out'
            )
            meta.icc_profile = None
        if pixels is None or mode == 'CMYK':
            pixels = np.asarray(image.convert('RGB'))
    return meta.photo(pixels, None, mode == 'L', '.jpg')


def check_jpeg(content: bytes) -> None:
    """Check that the pixels of a JPEG stream are complete.

    Raises:
        UndecodableError: If it is damaged or truncated.
    """
    _decoded(content, [])


def _check_frame(content: bytes) -> None:
    """Check size and depth before decoding."""
    for marker, data in _segments(content):
        if marker in FRAMES and len(data) >= 5:
            depth, height, width = struct.unpack('>BHH', data[:5])
            check_size(width, height)
            if depth != 8:
                raise UndecodableError(
                    f'is a JPEG file of {depth} bits per channel, which is '
                    'not supported; convert it to a 16-bit PNG or TIFF'
                )
            return


def _decoded(
    content: bytes, notes: list[str]
) -> tuple[np.ndarray | None, bytes]:
    """Return pixels and content; None if Pillow must decode the pixels."""
    try:
        return _strictly(content), content
    except ValueError as error:
        problem = str(error)
    if 'Premature end of JPEG file' in problem:
        # With an end marker, decoding fails only if pixels are missing.
        content += END
        try:
            pixels = _strictly(content)
        except ValueError as error:
            problem = str(error)
        else:
            if not _has_all_scans(content):
                raise UndecodableError(
                    'is truncated: its finest details are missing; copy or '
                    'download it again'
                )
            notes.append('its end is missing, but all pixels are present')
            return pixels, content
    superfluous = SUPERFLUOUS.search(problem)
    if superfluous and int(superfluous[1]) <= MOST_SUPERFLUOUS:
        notes.append(
            f'{superfluous[1]} extra bytes after its pixels, which may be '
            'damaged: check the picture'
        )
    elif not (HARMLESS.search(problem) or UNUSUAL.search(problem)):
        raise UndecodableError(
            f'is damaged or truncated ({problem}); copy or download it again'
        )
    return None, content


def _has_all_scans(content: bytes) -> bool:
    """Return whether a stream has all scans, if it is progressive."""
    exact: dict[int, set[int]] = {}  # of each component
    for marker, data in _segments(content):
        if marker in FRAMES:
            if marker != PROGRESSIVE:
                return True
            exact = {number: set() for number in data[6::3]}
        if marker == SCAN and len(data) >= 4 + 2 * data[0]:
            count = data[0]
            first, last, bits = data[1 + 2 * count : 4 + 2 * count]
            if bits & 15 == 0:  # includes the lowest bit
                for number in data[1 : 1 + 2 * count : 2]:
                    exact.get(number, set()).update(range(first, last + 1))
    return all(len(known) >= 64 for known in exact.values())


def _segments(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the markers of a stream with their data."""
    place = 2
    while place + 4 <= len(content):
        marker = content[place + 1]
        if content[place] != 0xFF or marker in (0, 0xFF) or marker in ALONE:
            place += 1  # coded pixels or padding
            continue
        (size,) = struct.unpack('>H', content[place + 2 : place + 4])
        yield marker, content[place + 4 : place + 2 + size]
        place += 2 + size
        if marker == SCAN:
            found = MARKER.search(content, place)
            place = found.start() if found else len(content)


def _strictly(content: bytes) -> np.ndarray | None:
    """Decode like Pillow, but raise errors that it ignores."""
    _, _, colours, _ = simplejpeg.decode_jpeg_header(content, strict=True)
    kinds = {'Gray': 'GRAY', 'CMYK': 'CMYK', 'YCCK': 'CMYK'}
    pixels = simplejpeg.decode_jpeg(
        content,
        kinds.get(colours, 'RGB'),
        fastdct=False,
        fastupsample=False,
        strict=True,
    )
    return np.repeat(pixels, 3, axis=2) if pixels.shape[2] == 1 else pixels


def _add_metadata(meta: Metadata, image: Any) -> None:
    meta.icc_profile = image.info.get('icc_profile')
    if 'exif' in image.info:
        meta.load_exif(image.info['exif'])
    if image.info.get('jfif_unit') in (1, 2):
        meta.dpi = image.info.get('dpi')
    x, y = image.info.get('jfif_density', (1, 1))
    if image.info.get('jfif_unit') == 0 and x != y:
        meta.notes.append('its pixel aspect ratio is left out')
    if getattr(image, 'n_frames', 1) > 1:
        # Cameras add previews, gain maps and similar pictures.
        meta.notes.append(
            f'only the first of its {image.n_frames} pictures is used'
        )
    photoshop = b''
    comments = []
    for kind, data in image.applist:
        if kind == 'APP1' and data.startswith(XMP):
            meta.xmp = data[len(XMP) :]
        elif kind == 'APP1' and data.startswith(MORE_XMP):
            meta.notes.append('XMP data over 64 kB is left out')
        elif kind == 'APP13' and data.startswith(PHOTOSHOP):
            photoshop += data[len(PHOTOSHOP) :]
        elif kind == 'COM':
            comments.append(data)
    meta.iptc = iptc_of_photoshop(photoshop)
    meta.comment = b'\n'.join(comments) or None
