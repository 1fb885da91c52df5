import numpy as np
import pytest

from mmasgan.layers.camera_path import camera_path, resample_path


def random(seed=0):
    return np.random.RandomState(seed)


def steps(path):
    return np.linalg.norm(np.diff(path[:, :2], axis=0), axis=1)


def path_without_acceleration(random, length, shake):
    """Draw as before there was any: what seeds gave then, they give now."""
    frames = 2 * int(np.ceil(length)) + 1
    time = np.linspace(-1, 1, frames)
    turn = random.normal(0, 0.8) * time + random.normal(0, 0.5) * time**2
    direction = random.uniform(0, 2 * np.pi) + shake * turn
    swing = 0.4 * np.sin(np.pi * time + random.uniform(0, 2 * np.pi))
    heading = np.stack([np.cos(direction), np.sin(direction)], axis=1)
    velocity = (1 + shake * swing)[:, None] * heading
    knots = max(3, frames // 4)
    noise = random.normal(size=(knots, 2))
    at, places = np.linspace(0, 1, frames), np.linspace(0, 1, knots)
    for axis in range(2):
        jitter = np.interp(at, places, noise[:, axis])
        velocity[:, axis] += shake * 0.35 * jitter
    velocity *= length / np.linalg.norm(velocity, axis=1).sum()
    angle = random.normal(0, 0.15) * time
    zoom = random.normal(0, 0.002) * time
    path = np.column_stack([np.cumsum(velocity, axis=0), angle, zoom])
    return path - path[frames // 2]


@pytest.mark.parametrize('length', [1.0, 8.0, 20.5])
def test_path_has_its_length_and_rests_in_the_middle(length):
    path = camera_path(random(1), length)
    assert len(path) % 2 == 1
    assert (path[len(path) // 2] == 0).all()
    # All steps but the first, which led to the first frame.
    assert length * 0.6 < steps(path).sum() <= length
    assert steps(path).max() < 1.5


def test_paths_are_curved_and_differ():
    paths = [camera_path(random(i), 15) for i in range(5)]
    assert len({tuple(p[0]) for p in paths}) == 5
    straightness = [
        np.linalg.norm(p[-1, :2] - p[0, :2]) / steps(p).sum() for p in paths
    ]
    assert min(straightness) < 0.98
    assert max(straightness) > 0.5


def test_without_shake_it_is_a_straight_line_at_constant_speed():
    path = camera_path(random(2), 12.0, shake=0)
    np.testing.assert_allclose(steps(path), 12 / len(path), rtol=1e-9)
    ahead = path[-1, :2] / np.linalg.norm(path[-1, :2])
    across = path[:, 0] * ahead[1] - path[:, 1] * ahead[0]
    np.testing.assert_allclose(across, 0, atol=1e-9)


def test_a_camera_at_rest_has_one_frame():
    np.testing.assert_array_equal(camera_path(random(), 0.0), np.zeros((1, 4)))


@pytest.mark.parametrize('shake', [0.0, 0.3, 1.0])
@pytest.mark.parametrize('length', [0.0, 0.4, 9.7, 30.0])
@pytest.mark.parametrize('seed', range(3))
def test_without_acceleration_draws_are_the_old_ones(seed, length, shake):
    mine, old = random(seed), random(seed)
    for _ in range(2):  # what is drawn next, too
        np.testing.assert_array_equal(
            camera_path(mine, length, shake),
            path_without_acceleration(old, length, shake),
        )


@pytest.mark.parametrize('acceleration', [-0.6, 0.25, 0.9])
def test_speed_changes_from_the_middle_to_the_end(acceleration):
    path = camera_path(random(3), 20.0, 0, acceleration)
    time = np.linspace(-1, 1, len(path))
    # A step leads to its frame at that frame's speed; the mean speed is 1.
    expected = (1 + acceleration * time[1:]) * 20 / len(path)
    np.testing.assert_allclose(steps(path), expected, rtol=1e-9)
    first, second = np.split(steps(path), 2)
    ratio = second.sum() / first.sum()
    assert ratio == pytest.approx(
        (1 + acceleration / 2) / (1 - acceleration / 2), rel=0.05
    )


def test_acceleration_turns_nothing_else():
    even, uneven = (camera_path(random(4), 20.0, 0, a) for a in (0, 0.5))
    np.testing.assert_array_equal(uneven[:, 2:], even[:, 2:])
    ahead = (
        path[-1, :2] / np.linalg.norm(path[-1, :2]) for path in (even, uneven)
    )
    np.testing.assert_allclose(*ahead, rtol=1e-9)


def test_resampling_keeps_both_ends_of_a_path():
    path = camera_path(random(5), 12)
    short = resample_path(path, 7)
    assert short.shape == (7, 4)
    np.testing.assert_allclose(short[[0, -1]], path[[0, -1]])
    np.testing.assert_allclose(short[3], 0, atol=1e-12)


def test_resampling_is_linear_between_frames():
    path = np.array([[0.0, 0, 0, 0], [2, 4, -1, 0], [2, 0, 0, 1]])
    expected = [[0, 0, 0, 0], [1, 2, -0.5, 0], *path[1:2], [2, 2, -0.5, 0.5]]
    np.testing.assert_allclose(
        resample_path(path, 5), [*expected, path[-1]], atol=1e-12
    )
    np.testing.assert_array_equal(resample_path(path, 3), path)


def test_a_path_of_one_frame_is_resampled_to_rest():
    at_rest = resample_path(camera_path(random(), 0.0), 5)
    np.testing.assert_array_equal(at_rest, np.zeros((5, 4)))
