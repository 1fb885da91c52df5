"""What goes with the pixels, as ``read_photo`` reads it."""

import struct
from fractions import Fraction
from io import BytesIO

import numpy as np
import pytest
from PIL import ExifTags, Image
from PIL.TiffImagePlugin import IFDRational

from mmasgan.io.image.metadata import upright_exif
from mmasgan.io.image.reader import read_photo

CAMERA, GPS, INTEROPERABILITY = 0x8769, 0x8825, 0xA005
TAGS = ExifTags.Base
MAKER_NOTE = b'Maker\0\x01\x02\xff'
IMAGE = Image.fromarray(
    np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)
)


def phone_exif(orientation=6):
    exif = Image.Exif()
    exif[TAGS.Make] = 'Maker'
    exif[TAGS.DateTime] = '2024:05:06 07:08:09'
    exif[TAGS.Copyright] = 'somebody'
    exif[TAGS.Orientation] = orientation
    camera = exif.get_ifd(CAMERA)
    camera[TAGS.ExposureTime] = IFDRational(1, 8)
    camera[TAGS.ISOSpeedRatings] = 800
    camera[TAGS.MakerNote] = MAKER_NOTE
    camera[TAGS.ExifImageWidth] = 30
    camera[TAGS.ExifImageHeight] = 20
    gps = exif.get_ifd(GPS)
    gps[1] = 'N'
    gps[2] = (IFDRational(48), IFDRational(7), IFDRational(13, 2))
    return exif


def saved(kind, **options):
    file = BytesIO()
    IMAGE.save(file, kind, **options)
    return file.getvalue()


def loaded(content):
    exif = Image.Exif()
    exif.load(content)
    return exif


@pytest.mark.parametrize('kind', ['JPEG', 'PNG', 'TIFF', 'WEBP'])
def test_exif_data_are_kept_upright(kind):
    photo = read_photo(saved(kind, exif=phone_exif().tobytes()))
    assert photo.pixels.shape == (30, 20, 3)
    exif = loaded(photo.exif)
    expected = phone_exif()
    for tag in (TAGS.Make, TAGS.DateTime, TAGS.Copyright):
        assert exif[tag] == expected[tag]
    assert TAGS.Orientation not in exif
    assert exif.get_ifd(GPS) == expected.get_ifd(GPS)
    camera = exif.get_ifd(CAMERA)
    assert camera[TAGS.ExposureTime] == Fraction(1, 8)
    assert camera[TAGS.ISOSpeedRatings] == 800
    assert camera[TAGS.MakerNote] == MAKER_NOTE
    assert camera[TAGS.ExifImageWidth] == 20
    assert camera[TAGS.ExifImageHeight] == 30


def test_how_a_tiff_file_stores_its_pixels_is_left_out():
    exif = loaded(read_photo(saved('TIFF', exif=phone_exif(1).tobytes())).exif)
    assert set(exif) == {
        TAGS.Make,
        TAGS.DateTime,
        TAGS.Copyright,
        CAMERA,
        GPS,
    }
    assert read_photo(saved('TIFF')).exif is None


def with_second_directory(content):
    """Append a preview, as cameras do; offsets are from the start."""
    assert content[:2] == b'MM'
    (count,) = struct.unpack_from('>H', content, 8)
    place, start = 10 + 12 * count, len(content)
    entries = struct.pack('>HHLL', 0x201, 4, 1, start + 30)
    entries += struct.pack('>HHLL', 0x202, 4, 1, 4)
    second = struct.pack('>H', 2) + entries + bytes(4) + b'\xff\xd8\xff\xd9'
    link = struct.pack('>L', start)
    return content[:place] + link + content[place + 4 :] + second


def test_the_preview_of_the_old_image_is_left_out():
    content = phone_exif(1).tobytes()
    photo = read_photo(saved('JPEG', exif=content))
    linked = with_second_directory(content[6:])
    with_preview = saved('JPEG', exif=b'Exif\0\0' + linked)
    with Image.open(BytesIO(with_preview)) as image:
        assert image.getexif().get_ifd(ExifTags.IFD.IFD1)
    found = read_photo(with_preview).exif
    assert found == photo.exif
    assert not loaded(found).get_ifd(ExifTags.IFD.IFD1)


@pytest.mark.filterwarnings('ignore:Corrupt EXIF:UserWarning')
def test_exif_data_that_cannot_be_written_are_dropped():
    class Damaged(Image.Exif):
        def tobytes(self, offset=8):
            raise TypeError('of a damaged entry')

    exif = Damaged()
    exif[TAGS.Make] = 'Maker'
    assert upright_exif(exif, 1, 1) is None
    photo = read_photo(saved('JPEG', exif=b'Exif\0\0MM\0*garbage'))
    assert photo.exif is None
    assert photo.pixels.shape == (20, 30, 3)


@pytest.mark.parametrize('kind', ['JPEG', 'PNG', 'TIFF', 'WEBP'])
def test_the_profile_is_kept(kind):
    assert read_photo(saved(kind, icc_profile=b'x' * 99)).icc_profile == (
        b'x' * 99
    )
    assert read_photo(saved(kind)).icc_profile is None


@pytest.mark.parametrize('kind', ['BMP', 'JPEG', 'PNG', 'TIFF'])
def test_the_resolution_is_kept(kind):
    photo = read_photo(saved(kind, dpi=(300, 150)))
    assert photo.dpi == pytest.approx((300, 150), abs=0.1)


@pytest.mark.parametrize('dpi', [(0, 72), (float('nan'), 72), 'ab', (1,)])
def test_a_resolution_that_is_none_is_dropped(dpi):
    from mmasgan.io.image.metadata import dots_per_inch

    image = Image.new('RGB', (2, 2))
    image.info['dpi'] = dpi
    assert dots_per_inch(image, None) is None
    image.info['dpi'] = (IFDRational(1, 0), IFDRational(72))
    assert dots_per_inch(image, None) is None
