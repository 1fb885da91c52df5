from dataclasses import replace

import numpy as np
import pytest
from samples import GRAY_PROFILE, IPTC, RGB, SRGB, XMP, exif

from mmasgan.io.image.encoder import PHOTO_SUFFIXES, encode_photo
from mmasgan.io.image.losses import lost_in
from mmasgan.io.image.photo import Photo
from mmasgan.io.image.reader import read_photo

WHOLE = Photo(
    RGB,
    icc_profile=SRGB,
    exif=exif(),
    dpi=(300, 150),
    xmp=XMP,
    iptc=IPTC,
    comment=b'a comment',
)
WORDS = {
    'the colour profile': 'icc_profile',
    'EXIF data': 'exif',
    'XMP data': 'xmp',
    'IPTC data': 'iptc',
    'the comment': 'comment',
    'the resolution': 'dpi',
}


@pytest.mark.parametrize('suffix', PHOTO_SUFFIXES)
def test_what_is_not_noted_comes_back(suffix):
    text = ' '.join(lost_in(WHOLE, suffix))
    after = read_photo(encode_photo(WHOLE, suffix))
    for words, name in WORDS.items():
        if words in text:
            assert getattr(after, name) is None
        elif name == 'dpi':
            assert after.dpi == pytest.approx((300, 150), abs=0.1)
        elif name == 'exif':
            assert b'Maker' in after.exif
        elif name == 'xmp':
            assert after.xmp == XMP.replace(b'"6"', b'"1"')
        elif (suffix, name) == ('.png', 'comment'):
            assert after.png_chunks == (
                (b'iTXt', b'Comment\0\0\0\0\0a comment'),
            )
        else:
            assert getattr(after, name) == getattr(WHOLE, name)


def test_a_profile_for_grey_goes_with_no_colours():
    gray = replace(WHOLE, is_gray=True, icc_profile=GRAY_PROFILE)
    for suffix, is_kept in (
        ('.png', True),
        ('.jpg', True),
        ('.tif', True),
        ('.webp', False),  # which has no grey
    ):
        assert ('profile' not in ' '.join(lost_in(gray, suffix))) is is_kept
        after = read_photo(encode_photo(gray, suffix))
        assert after.icc_profile == (GRAY_PROFILE if is_kept else None)
        wrong = replace(gray, is_gray=False)
        assert 'the colour profile' in lost_in(wrong, suffix)[0]
        after = read_photo(encode_photo(wrong, suffix))
        assert after.icc_profile is None


@pytest.mark.parametrize(
    ('chunks', 'is_noted'),
    [
        ([(b'gAMA', (100000).to_bytes(4, 'big'))], True),
        ([(b'gAMA', (45455).to_bytes(4, 'big'))], False),
        ([(b'cHRM', bytes(32))], True),
        ([(b'cICP', bytes([12, 13, 0, 1]))], True),
        ([(b'cICP', bytes([1, 13, 0, 1]))], False),
        ([(b'sRGB', b'\0'), (b'gAMA', (45455).to_bytes(4, 'big'))], False),
    ],
)
def test_how_colours_are_meant_is_noted(chunks, is_noted):
    photo = Photo(RGB, png_chunks=tuple(chunks))
    noted = 'its colour information' in ' '.join(lost_in(photo, '.tif'))
    assert noted is is_noted
    assert lost_in(photo, '.png') == ()
    assert lost_in(replace(photo, icc_profile=SRGB), '.tif') == ()


def test_texts_and_depth_are_noted():
    photo = Photo(
        RGB.astype(np.uint16) * 257, png_chunks=((b'tEXt', b'Title\0x'),)
    )
    assert lost_in(photo, '.jpg') == (
        'left out of the .jpg: texts',
        '16 bits per channel are converted to 8 for .jpg',
    )
    assert lost_in(photo, '.png') == ()
    assert lost_in(photo, '.tif') == ('left out of the .tif: texts',)
