from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from mmasgan.io.image.photo import Photo
from mmasgan.io.image.png import encode_png


@pytest.mark.parametrize('is_gray', [False, True])
@pytest.mark.parametrize('alpha', [False, True])
def test_chunks_are_whole_and_in_order(alpha, is_gray):
    draw = np.random.default_rng(0)
    pixels = draw.integers(0, 65536, (6, 4, 3), np.uint16)
    photo = Photo(
        pixels=pixels,
        alpha=pixels[..., 0] if alpha else None,
        is_gray=is_gray,
        icc_profile=b'a profile',
        exif=b'Exif\0\0MM\0*',
        dpi=(254, 127),
    )
    content = encode_png(photo)
    kinds, place = [], 8
    while place < len(content):
        length = int.from_bytes(content[place : place + 4], 'big')
        kinds.append(content[place + 4 : place + 8])
        place += 12 + length
    assert kinds == [b'IHDR', b'iCCP', b'pHYs', b'eXIf', b'IDAT', b'IEND']
    assert content[24:26] == bytes([16, 2 * (not is_gray) + 4 * alpha])
    with Image.open(BytesIO(content)) as image:
        image.verify()  # checksums
    with Image.open(BytesIO(content)) as image:
        image.load()
        assert image.info['icc_profile'] == b'a profile'
        assert image.info['exif'][-4:] == b'MM\0*'
        assert image.info['dpi'] == pytest.approx((254, 127))


def test_nothing_is_said_of_what_is_not_known():
    photo = Photo(np.zeros((1, 1, 3), np.uint16))
    content = encode_png(photo)
    for kind in (b'iCCP', b'pHYs', b'eXIf'):
        assert kind not in content
