from dataclasses import replace
from itertools import product

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms

from mmasgan.io.image.encoder import PHOTO_SUFFIXES, encode_photo
from mmasgan.io.image.losses import lost_in
from mmasgan.io.image.photo import Photo, to_8_bits
from mmasgan.io.image.reader import read_photo

SUFFIXES = [s for s in PHOTO_SUFFIXES if not s.startswith('.j')]
DEEP = ('.png', '.tif', '.tiff', '.ppm', '.pgm', '.pnm')
WITH_ALPHA = ('.png', '.tif', '.tiff', '.webp', '.bmp')
WITHOUT_METADATA = ('.bmp', '.ppm', '.pgm', '.pnm')
ICC = ImageCms.ImageCmsProfile(ImageCms.createProfile('sRGB')).tobytes()


def exif():
    data = Image.Exif()
    data[271] = 'Maker'
    data.get_ifd(0x8769)[0x9003] = '2024:05:06 07:08:09'
    data.get_ifd(0x8825)[1] = 'N'
    return data


def photo(dtype=np.uint8, alpha=False, is_gray=False, size=(17, 23)):
    high = np.iinfo(dtype).max
    draw = np.random.default_rng(0)
    samples = draw.integers(0, high, (*size, 4), dtype, endpoint=True)
    pixels = samples[..., [0, 0, 0] if is_gray else [0, 1, 2]]
    return Photo(
        pixels=np.ascontiguousarray(pixels),
        alpha=samples[..., 3] if alpha else None,
        is_gray=is_gray,
        icc_profile=ICC,
        exif=exif().tobytes(),
        dpi=(300, 150),
    )


@pytest.mark.parametrize(
    ('suffix', 'dtype', 'alpha', 'is_gray'),
    list(
        product(SUFFIXES, [np.uint8, np.uint16], [False, True], [False, True])
    ),
)
def test_all_that_a_format_can_hold_comes_back(suffix, dtype, alpha, is_gray):
    before = photo(dtype, alpha, is_gray)
    if alpha and suffix not in WITH_ALPHA:
        with pytest.raises(ValueError, match=r'transparent .*write a \.png'):
            encode_photo(before, suffix)
        return
    content = encode_photo(before, suffix)
    after = read_photo(content)
    shallow = dtype == np.uint16 and suffix not in DEEP
    expected, found = before.pixels, after.pixels
    np.testing.assert_array_equal(
        found, to_8_bits(expected) if shallow else expected
    )
    assert found.dtype == (np.uint8 if shallow else dtype)
    if alpha:
        np.testing.assert_array_equal(
            after.alpha, to_8_bits(before.alpha) if shallow else before.alpha
        )
    else:
        assert after.alpha is None
    # WebP has no grey, BMP none with alpha.
    has_gray = suffix != '.webp' and not (suffix == '.bmp' and alpha)
    assert after.is_gray is (is_gray and has_gray)
    if suffix not in WITHOUT_METADATA:
        check_metadata(after, suffix)


def check_metadata(after, suffix):
    assert after.icc_profile == ICC
    data = Image.Exif()
    data.load(after.exif)
    assert data[271] == 'Maker'
    for directory in (0x8769, 0x8825):
        assert data.get_ifd(directory) == exif().get_ifd(directory)
    if suffix != '.webp':
        assert after.dpi == pytest.approx((300, 150), abs=0.1)


@pytest.mark.parametrize('suffix', ['.jpg', '.JPEG'])
def test_jpeg_comes_near(suffix):
    gradient = np.mgrid[:64, :64].sum(0).astype(np.uint8)
    colours = np.dstack([gradient, gradient // 2, 255 - gradient])
    before = replace(photo(), pixels=colours)
    after = read_photo(encode_photo(before, suffix))
    apart = np.abs(after.pixels.astype(int) - colours)
    assert apart.mean() < 1
    assert after.suffix == '.jpg'
    check_metadata(after, suffix)
    gray = replace(before, pixels=np.dstack([gradient] * 3), is_gray=True)
    assert read_photo(encode_photo(gray, suffix)).is_gray
    deep = replace(before, pixels=colours.astype(np.uint16) * 257)
    np.testing.assert_array_equal(
        read_photo(encode_photo(deep, suffix)).pixels, after.pixels
    )


@pytest.mark.parametrize('suffix', ['.jpg', '.ppm'])
def test_an_opaque_channel_is_left_out_where_there_is_none(suffix):
    opaque = replace(photo(), alpha=np.full((17, 23), 255, np.uint8))
    after = read_photo(encode_photo(opaque, suffix))
    assert after.alpha is None
    assert after.pixels.shape == (17, 23, 3)


def test_what_another_program_reads_is_the_same():
    """PNG and TIFF of 16 bits are encoded here, not by a library."""
    before = photo(np.uint16, alpha=True)
    for suffix in ('.png', '.tif'):
        content = np.frombuffer(encode_photo(before, suffix), np.uint8)
        found = cv2.imdecode(content, cv2.IMREAD_UNCHANGED)
        np.testing.assert_array_equal(
            found[..., [2, 1, 0, 3]], before.samples()
        )


def test_other_formats_are_refused():
    with pytest.raises(ValueError, match=r"written as '\.gif', only as \.png"):
        encode_photo(photo(), '.gif')


def test_what_a_format_cannot_hold_is_told():
    wide = photo(size=(1, 16400))
    with pytest.raises(ValueError, match=r"16400x1 pixels .* as '\.webp'"):
        encode_photo(wide, '.webp')


def test_what_is_too_long_for_a_format_is_left_out():
    long = replace(
        photo(),
        exif=exif().tobytes() + bytes(70_000),
        xmp=b'x' * 70_000,
        comment=b'short',
    )
    after = read_photo(encode_photo(long, '.jpg'))
    assert (after.exif, after.xmp) == (None, None)
    assert after.comment == b'short'
    assert lost_in(long, '.JPG') == (
        'left out of the .jpg: EXIF data, XMP data',
    )
    assert lost_in(long, '.png') == ()
