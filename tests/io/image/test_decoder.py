"""What ``read_photo`` makes of each kind of file."""

from io import BytesIO

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image

from mmasgan.io.image.reader import ImageReadError, read_photo

DRAW = np.random.default_rng(0)
RGB = DRAW.integers(0, 256, (7, 5, 3), np.uint8)
DEEP = DRAW.integers(0, 65536, (7, 5, 3), np.uint16)
ALPHA, DEEP_ALPHA = RGB[::-1, :, 0].copy(), DEEP[::-1, :, 0].copy()
DEEP_ALPHA[0, 0] = 0


def by_pillow(kind, image, **options):
    if isinstance(image, np.ndarray):
        image = Image.fromarray(image)
    file = BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def by_opencv(suffix, rgb):
    if rgb.ndim == 3:
        rgb = rgb[..., [2, 1, 0, 3][: rgb.shape[2]]]
    return cv2.imencode(suffix, rgb)[1].tobytes()


def by_tifffile(samples, **options):
    file = BytesIO()
    tifffile.imwrite(file, samples, **options)
    return file.getvalue()


def gray(channel):
    return np.dstack([channel] * 3)


@pytest.mark.parametrize(
    ('content', 'pixels', 'alpha', 'is_gray', 'suffix'),
    [
        (by_pillow('PNG', RGB), RGB, None, False, '.png'),
        (by_pillow('PNG', RGB[..., 0]), gray(RGB[..., 0]), None, True, '.png'),
        (by_pillow('PNG', np.dstack([RGB, ALPHA])), RGB, ALPHA, False, '.png'),
        (
            by_pillow('PNG', np.dstack([RGB[..., 0], ALPHA])),
            gray(RGB[..., 0]),
            ALPHA,
            True,
            '.png',
        ),
        (by_pillow('BMP', RGB), RGB, None, False, '.bmp'),
        (by_pillow('PPM', RGB), RGB, None, False, '.ppm'),
        (by_pillow('TIFF', RGB), RGB, None, False, '.tif'),
        (
            by_pillow('TIFF', np.dstack([RGB, ALPHA])),
            RGB,
            ALPHA,
            False,
            '.tif',
        ),
        (
            by_pillow(
                'WEBP', np.dstack([RGB, ALPHA]), lossless=True, exact=True
            ),
            RGB,
            ALPHA,
            False,
            '.webp',
        ),
        (by_opencv('.png', DEEP), DEEP, None, False, '.png'),
        (
            by_opencv('.png', DEEP[..., 0]),
            gray(DEEP[..., 0]),
            None,
            True,
            '.png',
        ),
        (
            by_opencv('.png', np.dstack([DEEP, DEEP_ALPHA])),
            DEEP,
            DEEP_ALPHA,
            False,
            '.png',
        ),
        (by_tifffile(DEEP, photometric='rgb'), DEEP, None, False, '.tif'),
        (
            by_tifffile(DEEP, photometric='rgb', compression='zlib'),
            DEEP,
            None,
            False,
            '.tif',
        ),
        (
            by_tifffile(DEEP, photometric='rgb', byteorder='>'),
            DEEP,
            None,
            False,
            '.tif',
        ),
        (
            by_tifffile(DEEP[..., 0], photometric='minisblack'),
            gray(DEEP[..., 0]),
            None,
            True,
            '.tif',
        ),
        (
            by_tifffile(
                np.dstack([DEEP, DEEP_ALPHA]),
                photometric='rgb',
                extrasamples=['unassalpha'],
            ),
            DEEP,
            DEEP_ALPHA,
            False,
            '.tif',
        ),
        (by_opencv('.ppm', DEEP), DEEP, None, False, '.ppm'),
        (
            by_opencv('.pgm', DEEP[..., 0]),
            gray(DEEP[..., 0]),
            None,
            True,
            '.ppm',
        ),
        (
            b'P6 # a comment\n#another\n5 7 65535\n'
            + DEEP.astype('>u2').tobytes(),
            DEEP,
            None,
            False,
            '.ppm',
        ),
    ],
)
def test_pixels_alpha_and_depth_are_those_of_the_file(
    content, pixels, alpha, is_gray, suffix
):
    photo = read_photo(content)
    assert photo.pixels.dtype == pixels.dtype
    np.testing.assert_array_equal(photo.pixels, pixels)
    assert photo.pixels.flags.c_contiguous
    assert photo.pixels.flags.writeable
    if alpha is None:
        assert photo.alpha is None
    else:
        assert photo.alpha.dtype == pixels.dtype
        np.testing.assert_array_equal(photo.alpha, alpha)
    assert photo.is_gray is is_gray
    assert photo.suffix == suffix


def test_a_palette_becomes_rgb():
    image = Image.fromarray(RGB).quantize(16)
    photo = read_photo(by_pillow('PNG', image))
    np.testing.assert_array_equal(photo.pixels, image.convert('RGB'))
    assert not photo.is_gray
    assert photo.alpha is None
    photo = read_photo(by_pillow('PNG', image, transparency=3))
    np.testing.assert_array_equal(
        photo.alpha, np.where(np.asarray(image) == 3, 0, 255)
    )
    assert read_photo(by_pillow('GIF', image)).suffix == '.png'


@pytest.mark.parametrize('dtype', [np.uint8, np.uint16])
def test_a_grey_key_colour_is_transparent(dtype):
    channel = (DEEP[..., 0] % 4).astype(dtype)
    photo = read_photo(by_pillow('PNG', channel, transparency=2))
    np.testing.assert_array_equal(photo.pixels, gray(channel))
    high = np.iinfo(dtype).max
    np.testing.assert_array_equal(photo.alpha, (channel != 2) * high)
    assert photo.alpha.dtype == dtype
    assert photo.is_gray


def test_bilevel_is_grey():
    bits = RGB[..., 0] > 99
    photo = read_photo(by_pillow('PNG', Image.fromarray(bits)))
    np.testing.assert_array_equal(photo.pixels, gray(bits * np.uint8(255)))
    assert photo.is_gray


def test_premultiplied_colours_are_divided_by_alpha():
    alpha = np.full((7, 5), 30000, np.uint16)
    alpha[0], alpha[1] = 0, 65535
    stored = (DEEP.astype(np.uint64) * alpha[..., None] // 65535).astype('u2')
    photo = read_photo(
        by_tifffile(
            np.dstack([stored, alpha]),
            photometric='rgb',
            extrasamples=['assocalpha'],
        )
    )
    np.testing.assert_array_equal(photo.alpha, alpha)
    np.testing.assert_array_equal(photo.pixels[0], 0)
    np.testing.assert_array_equal(photo.pixels[1], DEEP[1])
    apart = photo.pixels[2:].astype(int) - DEEP[2:]
    assert np.abs(apart).max() <= 65535 / 30000 + 1


@pytest.mark.parametrize('kind', ['JPEG', 'TIFF'])
def test_cmyk_becomes_rgb_without_its_profile(kind):
    image = Image.new('CMYK', (5, 7), (0, 255, 255, 0))
    photo = read_photo(by_pillow(kind, image, icc_profile=b'of ink'))
    apart = np.abs(photo.pixels.astype(int) - (255, 0, 0))
    assert apart.max() <= (2 if kind == 'JPEG' else 0)
    assert photo.icc_profile is None


@pytest.mark.parametrize('deep', [False, True])
@pytest.mark.parametrize('orientation', range(1, 9))
def test_it_is_upright(orientation, deep):
    colours, alpha = (DEEP, DEEP_ALPHA) if deep else (RGB, ALPHA)
    content = by_tifffile(
        np.dstack([colours, alpha]),
        photometric='rgb',
        extrasamples=['unassalpha'],
        extratags=[(274, 'H', 1, orientation, True)],
        resolution=(300, 150),
        resolutionunit='INCH',
    )
    photo = read_photo(content)
    upright = {
        1: lambda a: a,
        2: lambda a: a[:, ::-1],
        3: lambda a: a[::-1, ::-1],
        4: lambda a: a[::-1],
        5: lambda a: a.swapaxes(0, 1),
        6: lambda a: np.rot90(a, -1),
        7: lambda a: np.rot90(a, 2).swapaxes(0, 1),
        8: np.rot90,
    }[orientation]
    np.testing.assert_array_equal(photo.pixels, upright(colours))
    np.testing.assert_array_equal(photo.alpha, upright(alpha))
    assert photo.dpi == ((150, 300) if orientation > 4 else (300, 150))


def test_previews_of_cameras_are_passed_over():
    more = [Image.fromarray(RGB[:2, :2])]
    photo = read_photo(
        by_pillow('MPO', RGB, save_all=True, append_images=more)
    )
    assert photo.pixels.shape == RGB.shape
    assert photo.suffix == '.jpg'


def test_a_webp_file_that_ends_behind_its_pixels_is_whole():
    content = by_pillow(
        'WEBP', np.dstack([RGB, ALPHA]), lossless=True, exact=True,
        xmp=b'x' * 99,
    )  # fmt: skip
    photo = read_photo(content[:-20])
    np.testing.assert_array_equal(photo.pixels, RGB)
    np.testing.assert_array_equal(photo.alpha, ALPHA)
    assert photo.xmp is None
    assert photo.notes == ('it is truncated after its last pixel',)
    with pytest.raises(ImageReadError, match='is damaged or truncated'):
        read_photo(content[: content.index(b'XMP ') - 9])
    photo = read_photo(content + b'more')
    assert photo.notes == ('bytes after its end are left out',)


def test_the_fourth_channel_of_targa_may_mean_nothing():
    content = bytearray(by_pillow('TGA', np.dstack([RGB, ALPHA])))
    np.testing.assert_array_equal(read_photo(bytes(content)).alpha, ALPHA)
    content[17] &= 0xF0  # no bits of transparency
    photo = read_photo(bytes(content))
    assert photo.alpha is None
    np.testing.assert_array_equal(photo.pixels, RGB)
    assert 'not marked as transparency' in photo.notes[0]
