"""TIFF files of all layouts, written by tifffile or by hand."""

from io import BytesIO

import numpy as np
import pytest
import tifffile
from PIL import Image
from samples import (
    ALPHA,
    DEEP,
    DEEP_ALPHA,
    RGB,
    SRGB,
    by_pillow,
    by_tifffile,
    gray,
)

from mmasgan.io.image.reader import ImageReadError, read_photo
from mmasgan.io.image.tiff_reader import tiff_size

LAYOUTS = {
    'strips': dict(rowsperstrip=5),
    'one strip': dict(),
    'tiles': dict(tile=(16, 16)),
}
PACKED = ('lzw', 'zlib', 'packbits', 'lzma', 'zstd')


@pytest.mark.parametrize('byteorder', ['<', '>'])
@pytest.mark.parametrize('big', [False, True])
@pytest.mark.parametrize('layout', LAYOUTS)
@pytest.mark.parametrize('planar', ['contig', 'separate'])
@pytest.mark.parametrize('compression', [None, *PACKED])
@pytest.mark.parametrize('deep', [False, True])
def test_layouts_and_compressions(
    deep, compression, planar, layout, big, byteorder
):
    colours, alpha = (DEEP, DEEP_ALPHA) if deep else (RGB, ALPHA)
    samples = np.dstack([colours, alpha])
    if planar == 'separate':
        samples = np.moveaxis(samples, 2, 0)
    content = by_tifffile(
        samples,
        photometric='rgb',
        planarconfig=planar,
        extrasamples=['unassalpha'],
        compression=compression,
        predictor=compression in ('lzw', 'zlib'),
        bigtiff=big,
        byteorder=byteorder,
        **LAYOUTS[layout],
    )
    photo = read_photo(content)
    assert photo.pixels.dtype == colours.dtype
    np.testing.assert_array_equal(photo.pixels, colours)
    np.testing.assert_array_equal(photo.alpha, alpha)
    assert photo.notes == ()
    assert tiff_size(BytesIO(content)) == (21, 18)


@pytest.mark.parametrize('bits', [1, 2, 4, 8, 10, 12, 14, 16])
@pytest.mark.parametrize('photometric', ['minisblack', 'miniswhite'])
def test_grey_of_any_depth_is_bright_where_it_is(photometric, bits):
    high = 2**bits - 1
    values = (DEEP[..., 0] >> (16 - bits)).astype('u1' if bits <= 8 else 'u2')
    values[0, :2] = 0, high
    options = {} if bits in (8, 16) else {'bitspersample': bits}
    samples = values.astype(bool) if bits == 1 else values
    photo = read_photo(
        by_tifffile(samples, photometric=photometric, **options)
    )
    shown = values if photometric == 'minisblack' else high - values
    full = 255 if bits <= 8 else 65535
    expected = np.rint(shown.astype(float) * full / high)
    np.testing.assert_array_equal(photo.pixels, gray(expected))
    assert photo.pixels.dtype == (np.uint8 if bits <= 8 else np.uint16)
    assert photo.is_gray
    noted = (f'its {bits} bits per channel are converted to 16',)
    assert photo.notes == (noted if bits in (10, 12, 14) else ())


@pytest.mark.parametrize('deep', [False, True])
def test_premultiplied_colours_are_divided_by_alpha(deep):
    high = 65535 if deep else 255
    colours = DEEP if deep else RGB
    alpha = np.full(colours.shape[:2], high // 2, colours.dtype)
    alpha[0], alpha[1] = 0, high
    stored = colours.astype(np.uint64) * alpha[..., None] // high
    content = by_tifffile(
        np.dstack([stored.astype(colours.dtype), alpha]),
        photometric='rgb',
        extrasamples=['assocalpha'],
    )
    photo = read_photo(content)
    np.testing.assert_array_equal(photo.alpha, alpha)
    np.testing.assert_array_equal(photo.pixels[0], 0)
    np.testing.assert_array_equal(photo.pixels[1], colours[1])
    apart = photo.pixels[2:].astype(int) - colours[2:]
    assert np.abs(apart).max() <= 3
    assert photo.notes == (
        'its premultiplied colours are converted to straight ones',
    )


@pytest.mark.parametrize('deep', [False, True])
@pytest.mark.parametrize('planar', ['contig', 'separate'])
def test_a_channel_of_no_meaning_is_no_transparency(planar, deep):
    colours, more = (DEEP, DEEP_ALPHA) if deep else (RGB, ALPHA)
    samples = np.dstack([colours, more, more])
    if planar == 'separate':
        samples = np.moveaxis(samples, 2, 0)
    photo = read_photo(
        by_tifffile(
            samples,
            photometric='rgb',
            planarconfig=planar,
            extrasamples=['unspecified', 'unassalpha'],
        )
    )
    np.testing.assert_array_equal(photo.pixels, colours)
    np.testing.assert_array_equal(photo.alpha, more)
    (note,) = photo.notes
    assert 'infrared scanner, is left out' in note


def test_a_palette_becomes_rgb():
    image = Image.fromarray(RGB).quantize(16)
    photo = read_photo(by_pillow('TIFF', image))
    np.testing.assert_array_equal(photo.pixels, image.convert('RGB'))
    assert not photo.is_gray


@pytest.mark.parametrize('deep', [False, True])
def test_cmyk_becomes_rgb_with_a_note(deep):
    high = 65535 if deep else 255
    inks = np.dstack([DEEP, DEEP_ALPHA]) if deep else np.dstack([RGB, ALPHA])
    content = by_tifffile(inks, photometric='separated', iccprofile=SRGB)
    photo = read_photo(content)
    light = 1 - inks / high
    expected = light[..., :3] * light[..., 3:] * high
    assert np.abs(photo.pixels - expected).max() <= 0.5 + 1e-6
    assert photo.icc_profile is None
    assert 'CMYK colours are converted to RGB without' in photo.notes[0]


def test_lab_becomes_srgb_with_a_note():
    lab = np.zeros((18, 21, 3), np.uint8)
    lab[..., 0] = 255 * 0.53  # L* of a middle grey
    photo = read_photo(by_tifffile(lab, photometric='cielab'))
    assert np.abs(photo.pixels.astype(int) - 127).max() <= 3
    assert photo.notes == ('its Lab colours are converted to sRGB',)


@pytest.mark.parametrize('subsampling', [(1, 1), (2, 2)])
def test_jpeg_within_tiff(subsampling):
    smooth = np.mgrid[:32, :48].sum(0).astype(np.uint8)
    colours = np.dstack([smooth, 255 - smooth, smooth // 2])
    content = by_tifffile(
        colours,
        photometric='ycbcr',
        subsampling=subsampling,
        compression='jpeg',
        compressionargs={'level': 95},
    )
    with Image.open(BytesIO(content)) as image:
        expected = np.asarray(image.convert('RGB')).astype(int)
    photo = read_photo(content)
    assert np.abs(photo.pixels - expected).max() <= 2


@pytest.mark.parametrize('compression', ['group3', 'group4', 'tiff_ccitt'])
def test_fax(compression):
    bits = RGB[..., 0] > 99
    image = Image.fromarray(bits)
    photo = read_photo(by_pillow('TIFF', image, compression=compression))
    np.testing.assert_array_equal(photo.pixels, gray(bits * np.uint8(255)))
    assert photo.is_gray


@pytest.mark.parametrize(
    ('samples', 'options', 'problem'),
    [
        (DEEP.astype('i2'), {}, 'has signed numbers of 16 bits per pixel'),
        (RGB.astype('i1'), {}, 'has signed numbers of 8 bits per pixel'),
        (DEEP / 65535, {}, 'has floating-point numbers of 64 bits'),
        (DEEP.astype('f2'), {}, 'has floating-point numbers of 16 bits'),
        (DEEP.astype('f4'), {}, 'has floating-point numbers of 32 bits'),
        (DEEP[..., 0].astype('c8'), {}, 'as complex numbers'),
        (DEEP.astype('u4'), {}, 'has 32 bits per pixel, whose range'),
        (DEEP, {'photometric': 'cielab'}, 'has Lab colours of 16 bits'),
        (DEEP[..., 0], {'photometric': 'cfa'}, 'is a raw file of a camera'),
        (
            DEEP,
            {'photometric': 'linear_raw', 'planarconfig': 'contig'},
            'is a raw file of a camera',
        ),
        (RGB[..., 0] > 99, {'photometric': 'mask'}, 'of an unusual kind'),
        (
            np.dstack([RGB, ALPHA]),
            {
                'photometric': 'separated',
                'extratags': [(332, 'H', 1, 2, True)],
            },
            'has other inks than CMYK',
        ),
    ],
)
def test_what_is_not_read_is_named(samples, options, problem):
    if samples.ndim == 3:
        options = {'photometric': 'rgb', **options}
    content = by_tifffile(samples, **options)
    with pytest.raises(ImageReadError, match=f"^'a.tif' .*{problem}"):
        read_photo(content, 'a.tif')


def pages(*written):
    file = BytesIO()
    with tifffile.TiffWriter(file) as writer:
        for samples, options in written:
            writer.write(samples, **{'metadata': None, **options})
    return file.getvalue()


@pytest.mark.parametrize('place', [0, 1])
@pytest.mark.parametrize(
    'more',
    [
        (RGB[::2, ::2].copy(), {'subfiletype': 1}),
        (RGB[..., 0] > 99, {'subfiletype': 4, 'photometric': 'mask'}),
    ],
)
def test_previews_and_masks_are_left_out_with_a_note(place, more):
    written = [(RGB, {}), more]
    photo = read_photo(pages(*(written[::-1] if place == 0 else written)))
    np.testing.assert_array_equal(photo.pixels, RGB)
    (note,) = photo.notes
    assert note == 'a page with a preview or mask is left out'


def test_a_photograph_below_its_preview_is_found():
    small = RGB[::2, ::2].copy()
    content = pages((small, {'subfiletype': 1, 'subifds': 1}), (RGB, {}))
    np.testing.assert_array_equal(read_photo(content).pixels, RGB)


def test_what_was_left_out_on_purpose_is_no_black():
    content = by_tifffile(RGB, rowsperstrip=6, photometric='rgb')
    with tifffile.TiffFile(BytesIO(content)) as file:
        tag = file.pages[0].tags[279]  # sizes of the strips
    content = bytearray(content)
    content[tag.valueoffset : tag.valueoffset + tag.valuebytecount] = bytes(
        tag.valuebytecount
    )
    with pytest.raises(ImageReadError, match='a part of its pixels is miss'):
        read_photo(bytes(content))


def test_a_further_page_that_is_damaged_is_left_out_with_a_note():
    content = pages((RGB, {}), (RGB[::2, ::2].copy(), {'subfiletype': 1}))
    with tifffile.TiffFile(BytesIO(content)) as file:
        start = file.pages[1].offset
    photo = read_photo(content[: start + 20])
    np.testing.assert_array_equal(photo.pixels, RGB)
    assert photo.notes == ('another page is damaged and left out',)


def test_pages_are_not_counted():
    file = BytesIO()
    with tifffile.TiffWriter(file) as writer:
        for _ in range(1000):
            writer.write(np.zeros((2, 2), np.uint8), contiguous=False)
    before = tifffile.TiffPages._getitem
    asked = []

    def counted(self, key, *more, **options):
        asked.append(key)
        return before(self, key, *more, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tifffile.TiffPages, '_getitem', counted)
        with pytest.raises(ImageReadError, match='2 frames or more'):
            read_photo(file.getvalue(), 'a.tif')
    assert len(asked) < 10
