"""Paths of a camera during one exposure."""

import numpy as np

__all__ = ['camera_path', 'resample_path']

STEPS_PER_PIXEL = 2  # dense enough that single frames are not visible


def camera_path(
    random: np.random.RandomState,
    length: float,
    shake: float = 1.0,
    acceleration: float = 0.0,
) -> np.ndarray:
    """Draw the path of a shaking camera during one exposure.

    The camera moves in a slowly changing direction, with jitter, and rotates
    and zooms slightly. Source: ours.

    Args:
        random: Random number generator.
        length: Length of the path of the image centre, in pixels.
        shake: Amount of curvature and jitter: 1 for a hand-held camera, 0 for
            a straight line at constant speed.
        acceleration: Relative change of the speed from the middle of the
            exposure to its end, in (-1, 1).

    Returns:
        Path, (T, 4), float64, T odd: x and y in pixels, angle in degrees, and
        zoom factor minus one. The middle row is zero.
    """
    frames = 2 * int(np.ceil(length * STEPS_PER_PIXEL / 2)) + 1
    time = np.linspace(-1, 1, frames)
    turn = random.normal(0, 0.8) * time + random.normal(0, 0.5) * time**2
    direction = random.uniform(0, 2 * np.pi) + shake * turn
    swing = 0.4 * np.sin(np.pi * time + random.uniform(0, 2 * np.pi))
    speed = 1 + acceleration * time + shake * swing
    velocity = speed[:, None] * np.stack(
        [np.cos(direction), np.sin(direction)], axis=1
    )
    velocity += shake * 0.35 * _smooth_noise(random, frames)
    velocity *= length / np.linalg.norm(velocity, axis=1).sum()
    position = np.cumsum(velocity, axis=0)
    angle = random.normal(0, 0.15) * time
    zoom = random.normal(0, 0.002) * time
    path = np.column_stack([position, angle, zoom])
    return path - path[frames // 2]


def resample_path(path: np.ndarray, frames: int) -> np.ndarray:
    """Resample a path linearly at evenly spaced times.

    Args:
        path: Path, (T, 4).
        frames: Number of rows of the result, the two ends included.

    Returns:
        Path, (frames, 4).
    """
    at = np.linspace(0, len(path) - 1, frames)
    known = np.arange(len(path))
    return np.column_stack([np.interp(at, known, axis) for axis in path.T])


def _smooth_noise(random: np.random.RandomState, frames: int) -> np.ndarray:
    knots = max(3, frames // 4)
    noise = random.normal(size=(knots, 2))
    time, places = np.linspace(0, 1, frames), np.linspace(0, 1, knots)
    return np.stack(
        [np.interp(time, places, noise[:, i]) for i in range(2)], axis=1
    )
