import imagecodecs
import numpy as np
import pytest
from PIL import Image
from samples import DEEP, DEEP_ALPHA, RGB, by_pillow

from mmasgan.io.image.reader import ImageReadError, read_photo


@pytest.mark.parametrize('bits', [10, 12, 16])
@pytest.mark.parametrize('codec', ['jp2', 'j2k'])
@pytest.mark.parametrize('channels', [1, 3, 4])
def test_jpeg_2000_of_more_than_8_bits(channels, codec, bits):
    samples = np.dstack([DEEP, DEEP_ALPHA])[..., :channels] >> (16 - bits)
    content = imagecodecs.jpeg2k_encode(
        samples.squeeze(),
        level=0,
        reversible=True,
        bitspersample=bits,
        codecformat=codec,
    )
    photo = read_photo(content)
    full = np.floor(samples * 65535.0 / (2**bits - 1) + 0.5)
    np.testing.assert_array_equal(photo.pixels[..., 0], full[..., 0])
    np.testing.assert_array_equal(photo.pixels[..., 2], full[..., :3][..., -1])
    assert photo.pixels.dtype == np.uint16
    assert photo.is_gray is (channels == 1)
    if channels == 4:
        np.testing.assert_array_equal(photo.alpha, full[..., 3])
    noted = f'its {bits} bits per channel are converted to 16'
    assert photo.notes == (() if bits == 16 else (noted,))


def test_jpeg_2000_of_an_unusual_depth_is_named():
    content = by_pillow('JPEG2000')
    place = content.index(b'\xff\x4f\xff\x51') + 40
    for depth in (0x87 | 8, 20):
        changed = content[:place] + bytes([depth]) + content[place + 1 :]
        with pytest.raises(ImageReadError, match='of an unusual depth'):
            read_photo(changed)


@pytest.mark.parametrize('bits', [10, 12])
@pytest.mark.parametrize('channels', [3, 4])
def test_avif_of_more_than_8_bits(channels, bits):
    y, x = np.mgrid[:32, :48]
    smooth = np.dstack([x / 47, y / 31, (x + y) / 78, 1 - x / 60])
    samples = np.rint(smooth[..., :channels] * (2**bits - 1)).astype('u2')
    content = imagecodecs.avif_encode(samples, level=95, bitspersample=bits)
    photo = read_photo(content)
    assert photo.pixels.dtype == np.uint16
    apart = photo.pixels / 65535 - smooth[..., :3]
    assert np.abs(apart).mean() < 0.005
    # Finer than 8 bits are.
    assert len(np.unique(photo.pixels // 257)) < len(np.unique(photo.pixels))
    assert photo.notes == (f'its {bits} bits per channel are converted to 16',)
    assert (photo.alpha is None) is (channels == 3)


@pytest.mark.parametrize('kind', ['AVIF', 'JPEG2000'])
def test_8_bits_stay_8_bits(kind):
    options = {'quality': 100, 'subsampling': '4:4:4'}
    photo = read_photo(by_pillow(kind, RGB, **options))
    assert photo.pixels.dtype == np.uint8
    assert np.abs(photo.pixels.astype(int) - RGB).max() <= 3
    assert photo.notes == ()
    gray = read_photo(by_pillow(kind, Image.fromarray(RGB[..., 0])))
    assert gray.pixels.shape == RGB.shape
