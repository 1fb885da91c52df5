import numpy as np
import pytest

from mmasgan.datasets.motion_blur import GAMMA, camera_path, path_reach, shoot

PHOTO = np.random.RandomState(0).randint(0, 256, (80, 90, 3), dtype=np.uint8)


def straight(pixels, frames):
    path = np.zeros((frames, 4))
    path[:, 0] = np.linspace(-pixels / 2, pixels / 2, frames)
    return path


@pytest.mark.parametrize('length', [1.0, 8.0, 20.5])
def test_path_has_its_length_and_rests_in_the_middle(length):
    path = camera_path(np.random.RandomState(1), length)
    assert len(path) % 2 == 1
    assert (path[len(path) // 2] == 0).all()
    steps = np.linalg.norm(np.diff(path[:, :2], axis=0), axis=1)
    # All steps but the first, which led to the first frame.
    assert length * 0.6 < steps.sum() <= length
    assert steps.max() < 1.5


def test_paths_are_curved_and_differ():
    paths = [camera_path(np.random.RandomState(i), 15) for i in range(5)]
    assert len({tuple(p[0]) for p in paths}) == 5
    straightness = [
        np.linalg.norm(p[-1, :2] - p[0, :2])
        / np.linalg.norm(np.diff(p[:, :2], axis=0), axis=1).sum()
        for p in paths
    ]
    assert min(straightness) < 0.98
    assert max(straightness) > 0.5


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
