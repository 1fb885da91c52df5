"""JPEG files, whole and damaged."""

import re
import struct
from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from samples import (
    IPTC,
    RGB,
    SRGB,
    XMP,
    by_pillow,
    exif,
    gray,
    jpeg,
    segment,
)

from mmasgan.io.image.encoder import encode_photo
from mmasgan.io.image.reader import ImageReadError, read_photo

NOISE = np.random.default_rng(1).integers(0, 256, (64, 48, 3), np.uint8)
XMP_SEGMENT = segment(0xE1, b'http://ns.adobe.com/xap/1.0/\0' + XMP)


def by_pillow_read(content):
    with Image.open(BytesIO(content)) as image:
        return np.asarray(image.convert('RGB'))


@pytest.mark.parametrize('progressive', [False, True])
@pytest.mark.parametrize('subsampling', [0, 1, 2])
@pytest.mark.parametrize('image', [NOISE, NOISE[..., 0]])
def test_pixels_are_those_of_pillow(image, subsampling, progressive):
    options = dict(progressive=progressive)
    if image.ndim == 3:
        options['subsampling'] = subsampling
    content = by_pillow('JPEG', image, **options)
    photo = read_photo(content)
    np.testing.assert_array_equal(photo.pixels, by_pillow_read(content))
    assert photo.is_gray is (image.ndim == 2)
    assert photo.notes == ()


@pytest.mark.parametrize('options', [{}, {'progressive': True}])
def test_an_end_that_is_missing_is_noted(options):
    content = by_pillow('JPEG', NOISE, **options)
    photo = read_photo(content[:-2])
    np.testing.assert_array_equal(photo.pixels, by_pillow_read(content))
    assert photo.notes == ('its end is missing, but all pixels are present',)


@pytest.mark.parametrize('end', [b'', b'\xff\xd9'])
@pytest.mark.parametrize('keep', [0.4, 0.7, 0.95])
@pytest.mark.parametrize('mode', ['RGB', 'L', 'CMYK'])
def test_half_of_one_is_refused_whatever_its_end(mode, keep, end):
    content = by_pillow('JPEG', Image.fromarray(NOISE).convert(mode))
    with pytest.raises(ImageReadError, match='is damaged or truncated'):
        read_photo(content[: int(keep * len(content))] + end)


def test_scans_that_are_missing_are_refused():
    content = by_pillow('JPEG', NOISE, progressive=True)
    scans = [m.start() for m in re.finditer(rb'\xff\xda', content)]
    assert len(scans) > 3
    for cut in scans[1:]:
        before = content.rindex(b'\xff\xc4', 0, cut)
        with pytest.raises(ImageReadError, match='finest details are missing'):
            read_photo(content[:before])


def test_some_bytes_too_many_are_noted():
    content = by_pillow('JPEG', NOISE)
    photo = read_photo(content[:-2] + b'abcd' + content[-2:])
    np.testing.assert_array_equal(photo.pixels, by_pillow_read(content))
    (note,) = photo.notes
    assert 'extra bytes after its pixels' in note


def test_codes_that_end_too_early_are_refused():
    content = by_pillow('JPEG', NOISE)
    spliced = content[:1000] + content[1200:]
    with pytest.raises(ImageReadError, match='is damaged or truncated'):
        read_photo(spliced)


def test_more_than_8_bits_are_named():
    content = by_pillow('JPEG', NOISE)
    place = content.index(b'\xff\xc0') + 4
    content = content[:place] + b'\x0c' + content[place + 1 :]
    with pytest.raises(ImageReadError, match='of 12 bits per channel'):
        read_photo(content)


def test_too_many_pixels_are_refused_before_they_are_decoded():
    content = bytearray(by_pillow('JPEG', NOISE))
    place = content.index(b'\xff\xc0') + 5
    content[place : place + 4] = struct.pack('>HH', 65500, 65500)
    with pytest.raises(ImageReadError, match='has too many pixels'):
        read_photo(bytes(content))


def photoshop(iptc):
    block = b'8BIM\x04\x04\0\0' + struct.pack('>I', len(iptc)) + iptc
    return segment(0xED, b'Photoshop 3.0\0' + block)


def test_all_that_goes_with_it_comes_back():
    content = jpeg(
        XMP_SEGMENT,
        photoshop(IPTC),
        segment(0xFE, b'a comment'),
        segment(0xFE, b'another'),
        exif=exif(),
        icc_profile=SRGB,
        dpi=(300, 300),
    )
    photo = read_photo(content)
    for one in (photo, read_photo(encode_photo(photo, '.jpg'))):
        assert one.xmp == XMP.replace(b'"6"', b'"1"')
        assert one.iptc == IPTC
        assert one.comment == b'a comment\nanother'
        assert one.icc_profile == SRGB
        assert b'Maker' in one.exif
        assert one.dpi == (300, 300)
        assert one.notes == ()


def test_the_resolution_may_be_in_exif_data_alone():
    content = by_pillow('JPEG', NOISE, exif=exif(6, (300, 150)))
    start = content.index(b'JFIF') - 4
    content = content[:start] + content[start + 18 :]
    assert b'JFIF' not in content
    assert read_photo(content).dpi == (150, 300)
    photo = read_photo(by_pillow('WEBP', NOISE, exif=exif(1, (300, 150))))
    assert photo.dpi == (300, 150)
    assert read_photo(encode_photo(photo, '.webp')).dpi == (300, 150)


def test_what_is_left_out_is_noted():
    density = by_pillow('JPEG', NOISE)
    place = density.index(b'JFIF') + 7
    aspect = struct.pack('>BHH', 0, 2, 1)
    density = density[:place] + aspect + density[place + 5 :]
    more = [Image.fromarray(NOISE[:8, :8])]
    for content, words in (
        (density, 'aspect ratio'),
        (
            by_pillow('MPO', NOISE, save_all=True, append_images=more),
            'only the first of its 2 pictures',
        ),
        (
            jpeg(segment(0xE1, b'http://ns.adobe.com/xmp/extension/\0more')),
            'over 64 kB is left out',
        ),
        (
            jpeg(
                segment(
                    0xE1,
                    b'http://ns.adobe.com/xap/1.0/\0<x hdrgm:Version="1.0"/>',
                )
            ),
            'describe another image',
        ),
        (
            jpeg(segment(0xE1, b'Exif\0\0MM\0*garbage')),
            'EXIF data are damaged',
        ),
    ):
        (note,) = read_photo(content).notes
        assert words in note


def test_cmyk_becomes_rgb_with_a_note():
    inks = Image.fromarray(RGB).convert('CMYK')
    content = by_pillow('JPEG', inks, icc_profile=SRGB)
    photo = read_photo(content)
    np.testing.assert_array_equal(photo.pixels, by_pillow_read(content))
    assert photo.icc_profile is None
    assert 'CMYK colours are converted to RGB' in photo.notes[0]


def test_grey_is_of_three_equal_channels():
    photo = read_photo(by_pillow('JPEG', NOISE[..., 0]))
    np.testing.assert_array_equal(photo.pixels, gray(photo.pixels[..., 0]))
