"""What becomes of 650 damaged image files: no hang, and no wrong picture."""

import sys
import time
from io import BytesIO
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image

sys.path.append(str(Path(__file__).parent / 'io' / 'image'))

from samples import by_pillow, by_tifffile, exif, png

from mmasgan.io.image.reader import ImageReadError, read_photo

LONGEST = 20  # seconds for one file
Y, X = np.mgrid[:40, :56]
RGB = np.dstack([X * 4, Y * 6, X * Y % 251]).astype(np.uint8)
GRAY = RGB[..., 2]
DEEP = RGB.astype(np.uint16) * 257 + np.uint16(3)
CMYK = Image.fromarray(RGB).convert('CMYK')
PALETTE = Image.fromarray(RGB).quantize(32)
TEXT = (b'tEXt', b'Title\0x')

KINDS = {
    'png': png(RGB, TEXT),
    'png-16': png(DEEP),
    'png-palette': by_pillow('PNG', PALETTE),
    'png-pillow': by_pillow('PNG', RGB, exif=exif()),
    'jpeg': by_pillow('JPEG', RGB, exif=exif()),
    'jpeg-progressive': by_pillow('JPEG', RGB, progressive=True),
    'jpeg-grey': by_pillow('JPEG', GRAY),
    'jpeg-cmyk': by_pillow('JPEG', CMYK),
    'tiff': by_tifffile(RGB, photometric='rgb', rowsperstrip=8),
    'tiff-zip': by_tifffile(DEEP, photometric='rgb', compression='zlib'),
    'tiff-lzw': by_tifffile(RGB, compression='lzw', predictor=True),
    'tiff-tiles': by_tifffile(DEEP, photometric='rgb', tile=(16, 16)),
    'tiff-jpeg': by_tifffile(RGB, photometric='ycbcr', compression='jpeg'),
    'tiff-big': by_tifffile(DEEP, photometric='rgb', bigtiff=True),
    'tiff-fax': by_pillow('TIFF', PALETTE.convert('1'), compression='group4'),
    'webp': by_pillow('WEBP', RGB, lossless=True),
    'webp-lossy': by_pillow('WEBP', RGB),
    'bmp': by_pillow('BMP', RGB),
    'ppm': b'P6 56 40 255\n' + RGB.tobytes(),
    'pgm-plain': b'P2 56 40 255\n'
    + b''.join(b'%d\n' % value for value in GRAY.flat),
    'gif': by_pillow('GIF', PALETTE),
    'jpeg-2000': by_pillow('JPEG2000', RGB),
    'jpeg-2000-16': imagecodecs.jpeg2k_encode(
        DEEP, level=0, reversible=True, bitspersample=16, codecformat='jp2'
    ),
    'avif': by_pillow('AVIF', RGB),
    'tga': by_pillow('TGA', RGB),
}  # fmt: skip


def cut(content, random):
    return content[: random.integers(len(content))]


def flip(content, random):
    changed = bytearray(content)
    for place in random.integers(len(content), size=random.integers(1, 4)):
        changed[place] ^= 1 << int(random.integers(8))
    return bytes(changed)


def flip_header(content, random):
    return flip(content[:64], random) + content[64:]


def drop(content, random):
    start, size = random.integers(1, len(content), 2)
    return content[:start] + content[start + size :]


def repeat(content, random):
    start, size = random.integers(1, len(content), 2)
    return content[: start + size] + content[start:]


def splice(content, random):
    other = KINDS[random.choice(list(KINDS))]
    start, place = random.integers(len(content)), random.integers(len(other))
    return content[:start] + other[place:]


DAMAGES = {
    damage.__name__: (damage, count)
    for damage, count in (
        (cut, 8),
        (flip, 6),
        (flip_header, 4),
        (drop, 3),
        (repeat, 2),
        (splice, 3),
    )
}


def read(content):
    """Return the photograph, or what is wrong with it."""
    try:
        return read_photo(content, 'a photo'), ''
    except ImageReadError as error:
        return None, str(error)


def is_same(photo, whole):
    return (
        photo.pixels.shape == whole.pixels.shape
        and (photo.alpha is None) is (whole.alpha is None)
        and (photo.pixels == whole.pixels).all()
    )


@pytest.mark.parametrize('damage', DAMAGES)
@pytest.mark.parametrize('kind', KINDS)
def test_damaged_files(capfd, recwarn, kind, damage):
    content = KINDS[kind]
    whole = read_photo(content)
    assert whole.notes[:-1] == ()  # CMYK has one
    random = np.random.default_rng(sum(map(ord, kind + damage)))
    change, count = DAMAGES[damage]
    for _ in range(count):
        changed = change(content, random)
        start = time.monotonic()
        photo, problem = read(changed)
        if photo is None:
            assert problem.startswith("'a photo' ")
        # Others have no checksums that could tell.
        elif damage == 'cut' or kind.startswith('png'):
            assert is_same(photo, whole)
            assert photo.notes or len(changed) == len(content)
        assert time.monotonic() - start < LONGEST
    assert capfd.readouterr() == ('', '')
    assert [str(warning.message) for warning in recwarn] == []


def test_there_are_enough():
    files = len(KINDS) * sum(count for _, count in DAMAGES.values())
    assert files == 650


def test_pixels_of_a_zip_tiff_are_checked():
    content = KINDS['tiff-zip']
    whole = read_photo(content)
    random = np.random.default_rng(0)
    with tifffile.TiffFile(BytesIO(content)) as file:
        (start,) = file.pages[0].dataoffsets
        (size,) = file.pages[0].databytecounts
    for _ in range(30):
        changed = bytearray(content)
        changed[start + int(random.integers(size))] ^= 16
        photo, _ = read(bytes(changed))
        assert photo is None or is_same(photo, whole)
