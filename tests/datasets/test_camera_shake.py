import numpy as np
import pytest

from mmasgan.datasets.camera_shake import (
    GAMMA,
    blur_along,
    path_kernel,
    path_margin,
    path_reach,
    shoot,
)
from mmasgan.layers.camera_path import camera_path

PHOTO = np.random.RandomState(0).randint(0, 256, (80, 90, 3), dtype=np.uint8)


def straight(pixels, frames):
    path = np.zeros((frames, 4))
    path[:, 0] = np.linspace(-pixels / 2, pixels / 2, frames)
    return path


def test_truth_is_the_middle_frame_exactly():
    path = camera_path(np.random.RandomState(2), 9)
    _, sharp = shoot(PHOTO, path, (20, 25), 32)
    np.testing.assert_array_equal(sharp, PHOTO[20:52, 25:57])


def test_camera_at_rest_blurs_nothing():
    blur, sharp = shoot(PHOTO, np.zeros((5, 4)), (20, 25), 32)
    np.testing.assert_array_equal(blur, sharp)


def test_blur_is_the_mean_of_whole_pixel_shifts_in_linear_light():
    blur, _ = shoot(PHOTO, straight(4, 5), (20, 25), 32)
    linear = (PHOTO / 255.0) ** GAMMA
    shifts = [linear[20:52, 25 + x : 57 + x] for x in range(-2, 3)]
    expected = np.rint(np.mean(shifts, axis=0) ** (1 / GAMMA) * 255)
    assert np.abs(blur - expected).max() <= 1


def test_shift_by_half_a_pixel_is_resolved():
    row = np.arange(60, 240, 2, dtype=np.uint8)
    ramp = np.tile(row[None, :, None], (80, 1, 3))
    path = np.zeros((3, 4))
    path[0, 0], path[2, 0] = 0.5, 1.0
    blur, sharp = shoot(ramp, path, (20, 25), 32)
    # Mean shift of half a pixel; whole pixels would give 2/3 or 4/3.
    assert np.mean(blur.astype(float) - sharp) == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize('seed', range(5))
def test_no_border_comes_into_the_picture(seed):
    path = camera_path(np.random.RandomState(seed), 15)
    reach = path_reach(path, 32)
    white = np.full((32 + 2 * reach,) * 2 + (3,), 255, np.uint8)
    blur, _ = shoot(white, path, (reach, reach), 32)
    assert blur.min() == 255


def test_rotation_and_zoom_are_about_the_centre():
    path = np.zeros((3, 4))
    path[0, 2], path[2, 2] = -3, 3
    path[2, 3] = 0.02
    blur, sharp = shoot(PHOTO, path, (20, 25), 31)
    change = np.abs(blur.astype(float) - sharp).mean(axis=2)
    assert change[14:17, 14:17].mean() < 0.5 * change.mean()


def test_reach_covers_the_path():
    assert path_reach(straight(10, 11), 32) == 5 + 2


@pytest.mark.parametrize('corner', [(3, 30), (30, 3), (45, 30), (30, 55)])
def test_looking_beyond_the_photograph_is_refused(corner):
    with pytest.raises(ValueError, match='path that reaches 7 pixels leaves'):
        shoot(PHOTO, straight(10, 11), corner, 32)


def test_fast_blur_is_the_mean_of_whole_pixel_shifts():
    blur = blur_along(PHOTO, straight(4, 5))
    shifts = [PHOTO[:, 20 + x : 70 + x].astype(float) for x in range(-2, 3)]
    found = blur[:, 20:70].astype(float)
    # Turning the camera is a shift of distant things, but for a little at
    # the sides, and noise has the strongest edges there are.
    assert np.abs(found - np.mean(shifts, axis=0)).mean() < 1


def test_fast_blur_averages_in_the_light_asked_for():
    edge = np.zeros((40, 40, 3), np.uint8)
    edge[:, 20:] = 255
    path = straight(2, 3)
    dark, light = (int(blur_along(edge, path, g)[20, 20, 0]) for g in (1, 2.2))
    assert dark == pytest.approx(255 * 2 / 3, abs=1)
    assert light == pytest.approx(255 * (2 / 3) ** (1 / 2.2), abs=1)


@pytest.mark.parametrize('gamma', [1, 2.2])
def test_fast_blur_of_a_camera_at_rest_is_the_image(gamma):
    np.testing.assert_array_equal(
        blur_along(PHOTO, np.zeros((5, 4)), gamma), PHOTO
    )


def test_fast_blur_extends_the_image():
    white = np.full((32, 32, 3), 255, np.uint8)
    path = camera_path(np.random.RandomState(3), 20)
    assert blur_along(white, path).min() == 255


def test_an_object_moves_on_its_own():
    mask = np.zeros(PHOTO.shape[:2], np.float32)
    mask[20:60, 20:60] = 1
    still = np.zeros((5, 4))
    blur = blur_along(PHOTO, still, 1, mask, straight(8, 5))
    change = np.abs(blur.astype(float) - PHOTO).mean(axis=2)
    assert change[:15].max() == 0
    assert change[30:50, 30:50].mean() > 20
    np.testing.assert_array_equal(
        blur_along(PHOTO, still, 1, mask, still), PHOTO
    )


def test_mask_and_object_path_come_together_and_fit():
    mask, path = np.zeros(PHOTO.shape[:2]), straight(2, 3)
    with pytest.raises(ValueError, match='need each other'):
        blur_along(PHOTO, path, mask=mask)
    with pytest.raises(ValueError, match='do not match'):
        blur_along(PHOTO, path, 1, mask, straight(2, 5))
    with pytest.raises(ValueError, match='do not match'):
        blur_along(PHOTO, path, 1, mask[1:], path)


def test_kernel_of_a_path_is_the_blur_of_a_point():
    path = camera_path(np.random.RandomState(4), 12)
    point = np.zeros((41, 41, 3), np.uint8)
    point[20, 20] = 255
    kernel = path_kernel(path, 41)
    assert kernel.sum() == pytest.approx(1)
    # A turning and zooming camera leaves the centre where the path has it.
    path[:, 2:] = 0
    seen = blur_along(point, path).astype(float)[..., 0] / 255
    assert np.abs(seen - kernel).max() < 0.01


@pytest.mark.parametrize('seed', range(4))
def test_margin_keeps_what_was_seen_all_the_time(seed):
    path = camera_path(np.random.RandomState(seed), 16.0)
    margin = path_margin(path, 80, 90)
    light = np.full((80, 90, 3), 200, np.uint8)
    light[1:-1, 1:-1] = 0  # what is reflected, and next to it
    seen = blur_along(light, path)
    inner = seen[margin + 1 : -margin - 1, margin + 1 : -margin - 1]
    assert inner.max() == 0
    less = seen[margin - 1 : 1 - margin, margin - 1 : 1 - margin]
    assert less.max() > 0


def test_margin_of_a_camera_at_rest_is_none():
    assert path_margin(np.zeros((3, 4)), 80, 90) == 0


def test_path_that_sees_all_of_it_never_is_refused():
    with pytest.raises(ValueError, match='too long for an image of 90x8'):
        path_margin(straight(20, 5), 8, 90)
