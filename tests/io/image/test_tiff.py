from io import BytesIO

import numpy as np
import pytest
import tifffile
from PIL import Image

from mmasgan.io.image.photo import Photo
from mmasgan.io.image.tiff import encode_tiff


@pytest.mark.parametrize('dtype', [np.uint8, np.uint16])
@pytest.mark.parametrize('is_gray', [False, True])
@pytest.mark.parametrize('alpha', [False, True])
def test_tags_are_those_of_the_pixels(dtype, is_gray, alpha):
    high = np.iinfo(dtype).max
    draw = np.random.default_rng(0)
    pixels = draw.integers(0, high, (6, 5, 3), dtype, endpoint=True)
    photo = Photo(pixels, pixels[..., 0] if alpha else None, is_gray)
    with tifffile.TiffFile(BytesIO(encode_tiff(photo))) as file:
        (page,) = file.pages
        found = page.asarray().reshape(photo.samples().shape)
        np.testing.assert_array_equal(found, photo.samples())
        assert page.photometric.name == ('MINISBLACK' if is_gray else 'RGB')
        assert page.bitspersample == 8 * pixels.itemsize
        extra = [sample.name for sample in page.extrasamples]
        assert extra == (['UNASSALPHA'] if alpha else [])


def test_exif_data_are_directories_of_the_file():
    exif = Image.Exif()
    exif[271] = 'Maker'
    camera = exif.get_ifd(0x8769)
    camera[0x8827] = 800
    camera[0xA005] = {1: 'R98'}
    pixels = np.zeros((6, 5, 3), np.uint16)
    photo = Photo(pixels, exif=exif.tobytes(), dpi=(300, 150))
    with tifffile.TiffFile(BytesIO(encode_tiff(photo))) as file:
        tags = file.pages[0].tags
        assert tags['Make'].value == 'Maker'
        assert tags['ExifTag'].value == {'ISOSpeedRatings': 800}
        assert tags['XResolution'].value == (300, 1)
        assert tags['YResolution'].value == (150, 1)
        np.testing.assert_array_equal(file.pages[0].asarray(), pixels)
