"""The tables of docs/formats.md, each cell by a file that goes there and back.

Files go through ``mmasgan deblur`` at strength 0. What comes out is read by
Pillow, tifffile and OpenCV, not by the library.
"""

import re
import struct
import sys
from io import BytesIO
from pathlib import Path

import cv2
import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image, IptcImagePlugin

sys.path.append(str(Path(__file__).parent / 'io' / 'image'))

from samples import (
    DEEP,
    DEEP_ALPHA,
    IPTC,
    RGB,
    SRGB,
    XMP,
    by_pillow,
    by_tifffile,
    exif,
    jpeg,
    png,
    segment,
)

from mmasgan.apis.inference.plan import plan_tasks
from mmasgan.apis.inference.run import Settings, run_tasks
from mmasgan.io.image.kinds import PILLOW_FORMATS

PAGE = Path(__file__).parents[1] / 'docs' / 'formats.md'
ALPHA = (DEEP_ALPHA >> 8).astype(np.uint8)
RGBA = np.dstack([RGB, ALPHA])
SMOOTH = np.dstack([np.mgrid[:32, :48].sum(0) * k for k in (1, 2, 3)])
SMOOTH = SMOOTH.astype(np.uint8)
SUFFIXES = {
    'PNG': '.png', 'JPEG': '.jpg', 'TIFF': '.tif', 'WebP': '.webp',
    'BMP': '.bmp', 'PNM': '.ppm', 'GIF': '.gif', 'JPEG 2000': '.jp2',
    'AVIF': '.avif', 'TGA': '.tga',
}  # fmt: skip


class Says:
    """What a run says, in place of a bar."""

    def __init__(self):
        self.notes = []

    def say(self, note):
        self.notes.append(note)

    def start(self, name):
        pass

    def finish(self):
        pass

    def share(self, done):
        pass


def same(image, semantic=None):
    return image


def outcome(folder, suffix, content, check):
    """Return the word of the table for what became of a file."""
    source, out = folder / f'a{suffix}', folder / 'out'
    source.write_bytes(content)
    says = Says()
    tasks = plan_tasks([source], out)
    done = run_tasks(tasks, same, Settings(strength=0.0), says)
    if done.failures:
        assert done.written == ()
        assert done.failures[0].startswith(f"'{source}'")
        return 'refused'
    (path,) = done.written
    if check(path):
        return 'converted' if says.notes else 'kept'
    assert says.notes, f'lost without a word in {path}'
    return 'left out'


# What comes out, by other readers


def pixels_of(path):
    if path.suffix == '.tif':
        return tifffile.imread(path)
    if path.suffix == '.webp':
        return np.asarray(Image.open(path))
    found = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if found.ndim == 2:
        return found
    return found[..., [2, 1, 0, 3][: found.shape[2]]]


def shows(expected, apart=0):
    def check(path):
        found = pixels_of(path)
        if found.shape != expected.shape or found.dtype != expected.dtype:
            return False
        return np.abs(found.astype(int) - expected).mean() <= apart

    return check


def opened(read):
    def check(path):
        with Image.open(path) as image:
            return read(image)

    return check


has_profile = opened(lambda image: image.info.get('icc_profile') == SRGB)
has_exif = opened(lambda image: image.getexif().get(271) == 'Maker')
has_iptc = opened(
    lambda image: (
        (IptcImagePlugin.getiptcinfo(image) or {}).get((2, 116)) == b'somebody'
    )
)


@opened
def has_xmp(image):
    xmp = image.info.get('xmp') or b''
    return b'dc:rights="somebody"' in xmp and b'Orientation="1"' in xmp


@opened
def has_comment(image):
    image.load()
    texts = {**image.info, **getattr(image, 'text', {})}
    found = [*texts.values(), image.getexif().get(270)]
    if image.format == 'PPM':
        with open(image.filename, 'rb') as file:
            return b'# a comment\n' in file.read(99)
    return 'a comment' in found or b'a comment' in found


@opened
def has_resolution(image):
    tags = image.getexif()
    dpi = image.info.get('dpi') or (tags.get(282, 0), tags.get(283, 0))
    return dpi == pytest.approx((300, 150), abs=0.1)


def is_upright(expected, apart=0):
    def check(path):
        with Image.open(path) as image:
            assert image.getexif().get(274, 1) == 1
        return shows(expected, apart)(path)

    return check


# What goes in


def avif(samples, **options):
    return by_pillow('AVIF', samples, quality=95, **options)


def decoded(content):
    return np.asarray(Image.open(BytesIO(content)).convert('RGB'))


def jp2(samples, bits):
    return imagecodecs.jpeg2k_encode(
        samples, level=0, reversible=True, bitspersample=bits,
        codecformat='jp2',
    )  # fmt: skip


def jp2_with(name, data):
    uuid = {
        'exif': b'JpgTiffExif->JP2',
        'xmp': bytes.fromhex('be7acfcb97a942e89c71999491e3afac'),
        'iptc': bytes.fromhex('33c7a4d2b81d4723a0baf1a3e097ad38'),
    }[name]
    box = struct.pack('>I4s', 24 + len(data), b'uuid') + uuid + data
    return by_pillow('JPEG2000') + box


def signed_jp2():
    content = by_pillow('JPEG2000')
    place = content.index(b'\xff\x4f\xff\x51') + 42
    return content[:place] + b'\x87' + content[place + 1 :]


def jp2_with_profile():
    content = by_pillow('JPEG2000')
    old = content.index(b'colr') - 4
    new = b'\2\0\0' + SRGB
    box = struct.pack('>I4s', 8 + len(new), b'colr') + new
    content = content[:old] + box + content[old + 15 :]
    size = content.index(b'jp2h') - 4
    (before,) = struct.unpack('>I', content[size : size + 4])
    larger = struct.pack('>I', before + len(box) - 15)
    return content[:size] + larger + content[size + 4 :]


def gif(extension=b'', **options):
    content = by_pillow('GIF', Image.fromarray(RGB).quantize(16), **options)
    place = content.rindex(b',', 0, 13 + 3 * 16 + 40)
    return content[:place] + extension + content[place:]


def gif_with_xmp():
    trailer = b'\1' + bytes(range(255, -1, -1)) + b'\0'
    return gif(b'!\xff\x0bXMP DataXMP' + XMP + trailer)


def bmp_with_profile():
    rows = RGB[::-1, :, ::-1]
    data = b''.join(row.tobytes().ljust(64, b'\0') for row in rows)
    header = struct.pack('<IiiHHIIiiII', 124, 21, 18, 1, 24, 0, *[0] * 5)
    header += bytes(16) + b'DEBM' + bytes(36 + 12 + 4)
    start = len(header) + 12 + len(data)
    header += struct.pack('<III', start, len(SRGB), 0)
    size = 14 + len(header) + len(data) + len(SRGB)
    file = struct.pack('<2sIHHI', b'BM', size, 0, 0, 14 + len(header))
    return file + header + data + SRGB


def tga_with_comment():
    content = by_pillow('TGA', RGB)
    return b'\x09' + content[1:18] + b'a comment' + content[18:]


def pnm(values, kind, most, comment=b''):
    height, width = values.shape[:2]
    kept = values.astype('u1' if most < 256 else '>u2').tobytes()
    return b'P%d\n%s%d %d\n%d\n' % (kind, comment, width, height, most) + kept


def turned(kind, **options):
    """Return a file that is turned by a tag, and what it shows."""
    content = by_pillow(kind, SMOOTH, exif=exif(orientation=6), **options)
    return content, np.rot90(decoded(content), -1)


def upright(kind, apart=0, **options):
    content, expected = turned(kind, **options)
    return content, is_upright(expected, apart)


def full(values, bits):
    return np.floor(values * 65535.0 / (2**bits - 1) + 0.5).astype('u2')


def two(kind):
    more = [Image.fromarray(255 - RGB)]
    return by_pillow(kind, save_all=True, append_images=more)


PHOTOSHOP = segment(
    0xED,
    b'Photoshop 3.0\0' + b'8BIM\4\4\0\0' + struct.pack('>I', len(IPTC)) + IPTC,
)
XMP_TEXT = (b'iTXt', b'XML:com.adobe.xmp\0\0\0\0\0' + XMP)
PALETTE = Image.fromarray(RGB).quantize(16)
TWELVE = DEEP >> 4
any_way = shows(RGB, 999)
CMYK = Image.fromarray(SMOOTH).convert('CMYK')
INKS = np.asarray(CMYK)
NAMES = {
    '1 to 7 bits', '8 bits', '9 to 15 bits', '16 bits', 'float, signed',
    'transparency', 'CMYK', 'several pictures', 'profile', 'orientation',
    'resolution', 'EXIF', 'XMP', 'IPTC', 'comment',
}  # fmt: skip

CASES = {
    'PNG': {
        '1 to 7 bits': (
            png(RGB[..., 0] >> 4, bits=4),
            shows((RGB[..., 0] >> 4) * 17),
        ),
        '8 bits': (png(RGB), shows(RGB)),
        '16 bits': (png(DEEP), shows(DEEP)),
        'transparency': (png(RGBA), shows(RGBA)),
        'several pictures': (two('PNG'), any_way),
        'profile': (by_pillow('PNG', icc_profile=SRGB), has_profile),
        'orientation': upright('PNG'),
        'resolution': (by_pillow('PNG', dpi=(300, 150)), has_resolution),
        'EXIF': (by_pillow('PNG', exif=exif()), has_exif),
        'XMP': (png(RGB, XMP_TEXT), has_xmp),
        'comment': (png(RGB, (b'tEXt', b'Comment\0a comment')), has_comment),
    },
    'JPEG': {
        '8 bits': (by_pillow('JPEG', SMOOTH), shows(SMOOTH, 2)),
        '9 to 15 bits': (imagecodecs.jpeg_encode(TWELVE, bitspersample=12),
                         any_way),
        'CMYK': (
            by_pillow('JPEG', CMYK),
            shows(decoded(by_pillow('JPEG', CMYK)), 2),
        ),
        'several pictures': (two('MPO'), has_profile),
        'profile': (by_pillow('JPEG', icc_profile=SRGB), has_profile),
        'orientation': upright('JPEG', 2),
        'resolution': (by_pillow('JPEG', dpi=(300, 150)), has_resolution),
        'EXIF': (by_pillow('JPEG', exif=exif()), has_exif),
        'XMP': (
            jpeg(segment(0xE1, b'http://ns.adobe.com/xap/1.0/\0' + XMP)),
            has_xmp,
        ),
        'IPTC': (jpeg(PHOTOSHOP), has_iptc),
        'comment': (by_pillow('JPEG', comment=b'a comment'), has_comment),
    },
    'TIFF': {
        '1 to 7 bits': (
            by_tifffile(RGB[..., 0] >> 4, bitspersample=4),
            shows((RGB[..., 0] >> 4) * 17),
        ),
        '8 bits': (by_tifffile(RGB), shows(RGB)),
        '9 to 15 bits': (
            by_tifffile(TWELVE, photometric='rgb', bitspersample=12),
            shows(full(TWELVE, 12)),
        ),
        '16 bits': (by_tifffile(DEEP, photometric='rgb'), shows(DEEP)),
        'float, signed': (by_tifffile(DEEP.astype('f4')), any_way),
        'transparency': (
            by_tifffile(
                RGBA, photometric='rgb', extrasamples=['unassalpha']
            ),
            shows(RGBA),
        ),
        'CMYK': (
            by_tifffile(INKS, photometric='separated'),
            shows(np.asarray(CMYK.convert('RGB')), 1),
        ),
        'several pictures': (two('TIFF'), any_way),
        'profile': (by_tifffile(RGB, iccprofile=SRGB), has_profile),
        'orientation': (
            by_tifffile(RGB, extratags=[(274, 'H', 1, 6, True)]),
            is_upright(np.rot90(RGB, -1)),
        ),
        'resolution': (by_pillow('TIFF', dpi=(300, 150)), has_resolution),
        'EXIF': (by_pillow('TIFF', exif=exif()), has_exif),
        'XMP': (
            by_tifffile(RGB, extratags=[(700, 'B', len(XMP), XMP, True)]),
            has_xmp,
        ),
        'IPTC': (
            by_tifffile(RGB, extratags=[(33723, 'B', 13, IPTC, True)]),
            has_iptc,
        ),
        'comment': (by_tifffile(RGB, description='a comment'), has_comment),
    },
    'WebP': {
        '8 bits': (by_pillow('WEBP', lossless=True), shows(RGB)),
        'transparency': (
            by_pillow('WEBP', RGBA, lossless=True, exact=True),
            shows(RGBA),
        ),
        'several pictures': (two('WEBP'), any_way),
        'profile': (by_pillow('WEBP', icc_profile=SRGB), has_profile),
        'orientation': upright('WEBP', lossless=True),
        'resolution': (
            by_pillow('WEBP', exif=exif(resolution=(300, 150))),
            has_resolution,
        ),
        'EXIF': (by_pillow('WEBP', exif=exif()), has_exif),
        'XMP': (by_pillow('WEBP', xmp=XMP), has_xmp),
    },
    'BMP': {
        '1 to 7 bits': (
            by_pillow('BMP', Image.fromarray(RGB[..., 0] > 99)),
            shows((RGB[..., 0] > 99) * np.uint8(255)),
        ),
        '8 bits': (by_pillow('BMP'), shows(RGB)),
        'transparency': (
            cv2.imencode('.bmp', RGBA[..., [2, 1, 0, 3]])[1].tobytes(),
            shows(RGBA),
        ),
        'profile': (bmp_with_profile(), has_profile),
        'resolution': (by_pillow('BMP', dpi=(300, 150)), has_resolution),
    },
    'PNM': {
        '1 to 7 bits': (pnm(RGB >> 4, 6, 15), shows((RGB >> 4) * 17)),
        '8 bits': (pnm(RGB, 6, 255), shows(RGB)),
        '9 to 15 bits': (pnm(TWELVE, 6, 4095), shows(full(TWELVE, 12))),
        '16 bits': (pnm(DEEP, 6, 65535), shows(DEEP)),
        'float, signed': (b'PF\n1 1\n-1.0\n' + bytes(12), any_way),
        'several pictures': (2 * pnm(RGB, 6, 255), any_way),
        'comment': (pnm(RGB, 6, 255, b'# a comment\n'), has_comment),
    },
    'GIF': {
        '8 bits': (gif(), shows(np.asarray(PALETTE.convert('RGB')))),
        'transparency': (
            gif(transparency=3),
            lambda path: (
                (pixels_of(path)[..., 3] == 0) == (np.asarray(PALETTE) == 3)
            ).all(),
        ),
        'several pictures': (two('GIF'), any_way),
        'profile': (gif(b'!\xff\x0bICCRGBG1012\1x\0'), has_profile),
        'XMP': (gif_with_xmp(), has_xmp),
        'comment': (gif(comment=b'a comment'), has_comment),
    },
    'JPEG 2000': {
        '8 bits': (jp2(RGB, 8), shows(RGB)),
        '9 to 15 bits': (jp2(TWELVE, 12), shows(full(TWELVE, 12))),
        '16 bits': (jp2(DEEP, 16), shows(DEEP)),
        'transparency': (by_pillow('JPEG2000', RGBA), shows(RGBA)),
        'float, signed': (signed_jp2(), any_way),
        'CMYK': (
            imagecodecs.jpeg2k_encode(
                INKS, level=0, reversible=True, colorspace='CMYK',
                codecformat='jp2',
            ),
            shows(np.asarray(CMYK.convert('RGB')), 1),
        ),
        'resolution': (
            jp2_with('exif', exif(resolution=(300, 150))[6:]),
            has_resolution,
        ),
        'profile': (jp2_with_profile(), has_profile),
        'EXIF': (jp2_with('exif', exif()[6:]), has_exif),
        'orientation': (
            jp2_with('exif', exif(orientation=6)[6:]),
            is_upright(np.rot90(RGB, -1)),
        ),
        'XMP': (jp2_with('xmp', XMP), has_xmp),
        'IPTC': (jp2_with('iptc', IPTC), has_iptc),
        'comment': (by_pillow('JPEG2000', comment='a comment'), has_comment),
    },
    'AVIF': {
        '8 bits': (avif(SMOOTH), shows(decoded(avif(SMOOTH)))),
        '9 to 15 bits': (
            imagecodecs.avif_encode(TWELVE, level=95, bitspersample=12),
            shows(
                full(
                    imagecodecs.avif_decode(
                        imagecodecs.avif_encode(
                            TWELVE, level=95, bitspersample=12
                        )
                    ),
                    12,
                )
            ),
        ),
        'transparency': (
            avif(RGBA),
            lambda path: shows(
                np.asarray(Image.open(BytesIO(avif(RGBA))))
            )(path),
        ),
        'several pictures': (two('AVIF'), any_way),
        'profile': (avif(RGB, icc_profile=SRGB), has_profile),
        'orientation': upright('AVIF'),
        'EXIF': (avif(RGB, exif=exif()), has_exif),
        'resolution': (
            avif(RGB, exif=exif(resolution=(300, 150))),
            has_resolution,
        ),
        'XMP': (avif(RGB, xmp=XMP), has_xmp),
    },
    'TGA': {
        '8 bits': (by_pillow('TGA'), shows(RGB)),
        'transparency': (by_pillow('TGA', RGBA), shows(RGBA)),
        'comment': (tga_with_comment(), has_comment),
    },
}  # fmt: skip


def table_cells():
    """Return the cells of the page's tables, by row and column."""
    cells, columns = {}, []
    for line in PAGE.read_text().splitlines():
        if not line.startswith('|'):
            columns = []
            continue
        row, *values = (cell.strip() for cell in line.strip('|').split('|'))
        if row and set(row) <= {'-', ':'}:
            continue
        if not columns:
            columns = values
        elif set(columns) <= NAMES:
            for column, value in zip(columns, values, strict=True):
                cells[re.sub(r' \(.*\)', '', row), column] = value
    return cells


CELLS = table_cells()


@pytest.mark.parametrize('cell', CELLS, ids=' '.join)
def test_each_cell_is_true(tmp_path, cell):
    kind, column = cell
    if column not in CASES[kind]:
        assert CELLS[cell] == 'none'
        return
    content, check = CASES[kind][column]
    found = outcome(tmp_path, SUFFIXES[kind], content, check)
    assert found == CELLS[cell]


def test_there_is_a_cell_for_each_kind_and_column():
    assert set(CELLS) == {(kind, name) for kind in SUFFIXES for name in NAMES}


def test_readers_that_see_a_file_are_those_of_the_table():
    """Pillow has dozens more, of which one starts Ghostscript."""
    names = {'WebP': ['WEBP'], 'PNM': ['PPM'], 'JPEG 2000': ['JPEG2000']}
    names['BMP'] = ['BMP', 'DIB']  # a BMP without its first 14 bytes
    rows = {kind for kind, _ in CELLS}
    expected = [name for row in rows for name in names.get(row, [row])]
    assert sorted(PILLOW_FORMATS) == sorted(expected)
