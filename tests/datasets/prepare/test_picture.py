import numpy as np

from mmasgan.datasets.prepare.picture import busiest_place, draw_shake
from mmasgan.layers.camera_path import camera_path


def test_busiest_place_is_where_there_is_something(scenes):
    image = np.full((300, 400, 3), 90, np.uint8)
    image[150:230, 210:306] = scenes(0, (80, 96))
    top, left, height, width = busiest_place(image, (80, 96))
    assert (height, width) == (80, 96)
    assert abs(top - 150) < 20
    assert abs(left - 210) < 20


def test_place_is_not_larger_than_the_image(scenes):
    assert busiest_place(scenes(0), (100, 200)) == (0, 0, 40, 48)


def test_picture_shows_both_images_pixel_by_pixel(scenes):
    sharp, blurred = scenes(0), scenes(1)
    path = camera_path(np.random.RandomState(0), 12.0)
    picture = draw_shake(sharp, blurred, path)
    for image, column in ((sharp, 0), (blurred, 1)):
        x = 14 + column * (48 + 14)
        np.testing.assert_array_equal(picture[26:66, x : x + 48], image)
    assert (picture[:, 150:] < 100).any()  # path and kernel


def test_large_images_are_shown_whole_and_in_part(scenes):
    image = scenes(0, (500, 900))
    path = camera_path(np.random.RandomState(0), 0.0)
    picture = draw_shake(image, image, path)
    top, left, height, width = busiest_place(image, (288, 384))
    part = image[top : top + height, left : left + width]
    y, x = 26 + round(500 * 384 / 900) + 14, 14
    found = picture[y : y + height, x : x + width].astype(int)
    assert abs(found - part).mean() < 1
