import io

import numpy as np
from PIL import Image

from mmasgan.apis.data_report.figures import (
    draw_histogram,
    encode_jpeg,
    encode_png,
    tile,
)


def read(content):
    return np.asarray(Image.open(io.BytesIO(content)).convert('RGB'))


def test_histogram_shows_both_domains():
    picture = read(draw_histogram([2, 3, 3], [6, 7]))
    colours = {tuple(c) for c in picture.reshape(-1, 3)}
    assert (230, 159, 0) in colours  # the median of the blurred domain
    assert (0, 114, 178) in colours
    assert draw_histogram([2, 3], [6]) == draw_histogram([2, 3], [6])


def test_histogram_of_equal_values():
    assert read(draw_histogram([2.0], [2.0])).shape[2] == 3


def test_tile_shows_the_whole_and_a_part(read_scene):
    image = np.zeros((720, 1280, 3), np.uint8)
    image[500:680, 900:1220] = read_scene(0, size=(180, 320))
    picture = tile(image)
    assert picture.shape == (180 + 6 + 180, 320, 3)
    part = picture[-180:].astype(int)
    assert (part > 0).mean() > 0.9  # where there is something to see


def test_tile_of_a_small_image_is_not_enlarged(read_scene):
    image = read_scene(0)
    picture = tile(image)
    assert picture.shape == (72 + 6 + 72, 320, 3)
    np.testing.assert_array_equal(picture[:72, 112:208], image)


def test_encoded_pictures_are_the_pictures(read_scene):
    image = read_scene(0, is_blurred=True)
    np.testing.assert_array_equal(read(encode_png(image)), image)
    error = read(encode_jpeg(image)).astype(int) - image
    assert abs(error).mean() < 8
