import struct

import numpy as np
import pytest
from PIL import Image
from samples import DEEP, IPTC, RGB, SRGB, XMP, by_pillow, by_tifffile, exif

from mmasgan.io.image.reader import read_photo


@pytest.mark.parametrize('big', [False, True])
@pytest.mark.parametrize('orientation', [1, 6])
def test_all_that_goes_with_it(orientation, big):
    content = by_tifffile(
        DEEP,
        photometric='rgb',
        bigtiff=big,
        software='a program',
        iccprofile=SRGB,
        resolution=(300, 150),
        resolutionunit='CENTIMETER',
        extratags=[
            (274, 'H', 1, orientation, True),
            (700, 'B', len(XMP), XMP, True),
            (33723, 'B', len(IPTC), IPTC, True),
        ],
    )
    photo = read_photo(content)
    turned = np.rot90(DEEP, -1) if orientation == 6 else DEEP
    np.testing.assert_array_equal(photo.pixels, turned)
    data = Image.Exif()
    data.load(photo.exif)
    assert dict(data) == {305: 'a program'}
    assert photo.icc_profile == SRGB
    assert photo.xmp == XMP.replace(b'"6"', b'"1"')
    assert photo.iptc == IPTC
    dpi = (762, 381) if orientation == 1 else (381, 762)
    assert photo.dpi == pytest.approx(dpi)


@pytest.mark.parametrize('byteorder', ['<', '>'])
def test_iptc_data_in_other_places(byteorder):
    padded = IPTC + bytes(-len(IPTC) % 4)
    numbers = struct.unpack(f'{byteorder}{len(padded) // 4}I', padded)
    content = by_tifffile(
        RGB, byteorder=byteorder, extratags=[(33723, 'I', 4, numbers, True)]
    )
    assert read_photo(content).iptc == padded
    block = b'8BIM\x04\x04\x03abc' + struct.pack('>I', len(IPTC)) + IPTC
    other = b'8BIM\x03\xed\x00\x00' + struct.pack('>I', 3) + b'abc\0'
    resources = other + block
    content = by_tifffile(
        RGB, extratags=[(34377, 'B', len(resources), resources, True)]
    )
    assert read_photo(content).iptc == IPTC


def test_exif_data_of_a_camera():
    photo = read_photo(by_pillow('TIFF', exif=exif()))
    data = Image.Exif()
    data.load(photo.exif)
    assert data[271] == 'Maker'
    assert data.get_ifd(0x8769) == {0x9003: '2024:05:06 07:08:09'}


def test_pixels_that_are_not_square_are_noted():
    content = by_tifffile(RGB, resolution=(2, 1), resolutionunit='NONE')
    assert read_photo(content).notes == ('its pixel aspect ratio is left out',)
