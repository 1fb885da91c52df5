"""Random motion of a camera and of objects during an exposure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from ..registry import MODELS
from .camera_path import camera_path, resample_path

__all__ = ['CameraMotionPrior', 'Motion', 'add_noise']

GRID = 8  # pixels between the points of a motion field
# Largest distance (x, y) from the centre of a crop to the optical centre, in
# pixels: a crop is part of a frame.
CENTRE = (400.0, 250.0)
HILLS = 4  # noise values per side from which object regions are made

Range = tuple[float, float]


class Motion(NamedTuple):
    """Motion of each image of a batch.

    Attributes:
        offsets: Positions (x, y) at T times, (N, T, 2, h, w), in pixels.
        gamma: Exponent of the camera response of each image, (N,).
    """

    offsets: Tensor
    gamma: Tensor


@dataclass(frozen=True)
class Style:
    """Distribution of one kind of motion.

    Pairs, except for ``gamma``, are the bounds of a uniform distribution.

    Attributes:
        weight: Relative frequency of this style.
        length: Length of the path, in pixels.
        skew: Exponent of the distribution of lengths,
            ``low + (high - low) * uniform ** skew``.
        shake: Curvature and jitter of the path; 0 is a straight line.
        acceleration: Largest relative change of speed, of either sign.
        gamma: Exponents to choose from; frames are averaged after
            ``x ** gamma``.
        object_probability: Probability that a region moves on its own.
        object_length: Length of the additional path of that region, in
            pixels.
    """

    weight: float = 1.0
    length: Range = (0.0, 45.0)
    skew: float = 1.0
    shake: Range = (0.0, 0.3)
    acceleration: float = 0.0
    gamma: Sequence[float] = (1.0,)
    object_probability: float = 0.0
    object_length: Range = (4.0, 24.0)


@MODELS.register_module()
class CameraMotionPrior(nn.Module):
    """Draw random camera motion during an exposure.

    Each image has its own path, with rotation, zoom and shake; optionally, a
    smooth region has an additional path. The random numbers come from
    PyTorch's generator, and the tensors are on the CPU.

    Source: ours; the paths are those of
    :func:`~mmasgan.layers.camera_path.camera_path`.

    Config::

        dict(
            type='mmasgan.CameraMotionPrior',
            styles=dict(
                carried=dict(weight=2, length=(0, 45)),
                hand=dict(length=(2, 30), shake=(0.3, 1), gamma=(2.2,)),
            ),
        )

    Args:
        styles: Arguments of each :class:`Style`, by a name of your choice. The
            order of the styles does not matter.
        still: Probability that an image has no motion.
        taps: Smallest and largest number of positions T, both odd.

    Shape:
        A number of images and their size to offsets
        (N, T, 2, height/8, width/8), sizes rounded up, and gamma (N,).

    Raises:
        TypeError: If a style has an unknown argument.
        ValueError: If an argument is out of its range.
    """

    def __init__(
        self,
        styles: Mapping[str, dict],
        still: float = 0.0,
        taps: tuple[int, int] = (11, 19),
    ) -> None:
        super().__init__()
        known = {field.name for field in fields(Style)}
        for style in styles.values():
            if not set(style) <= known:
                raise TypeError(
                    f'unknown style argument {min(set(style) - known)!r}; '
                    f'expected one of {sorted(known)}'
                )
        # In the order of a saved config, whose keys MMEngine sorts.
        self.styles = [Style(**style) for _, style in sorted(styles.items())]
        if not self.styles or sum(s.weight for s in self.styles) <= 0:
            raise ValueError('styles must contain one with a positive weight')
        if not 3 <= taps[0] <= taps[1] or not taps[0] % 2 == taps[1] % 2 == 1:
            raise ValueError(
                f'taps must be two odd numbers, at least 3, got {taps}'
            )
        if not 0 <= still <= 1:
            raise ValueError(f'still must be in [0, 1], got {still}')
        self.still = still
        self.taps = taps

    def forward(self, count: int, height: int, width: int) -> Motion:
        """Draw the motion of a batch of images.

        Args:
            count: Number of images N.
            height: Height of the images, in pixels.
            width: Width of the images, in pixels.

        Returns:
            Offsets (N, T, 2, height/8, width/8), float32, and gamma (N,).
        """
        seed = int(torch.randint(2**31 - 1, ()))
        random = np.random.RandomState(seed)
        taps = 2 * random.randint(self.taps[0] // 2, self.taps[1] // 2 + 1) + 1
        size = -(-height // GRID), -(-width // GRID)
        weights = np.array([style.weight for style in self.styles], float)
        chosen = random.choice(
            len(self.styles), count, p=weights / weights.sum()
        )
        offsets, gamma = [], []
        for style in (self.styles[index] for index in chosen):
            gamma.append(float(random.choice(style.gamma)))
            drawn = _offsets(random, style, taps, size)
            if random.uniform() < self.still:
                drawn = np.zeros_like(drawn)
            offsets.append(drawn)
        return Motion(
            torch.from_numpy(np.stack(offsets)).float(), torch.tensor(gamma)
        )


def add_noise(
    images: Tensor, largest: float, moved: Tensor | None = None
) -> Tensor:
    r"""Add Gaussian noise with a random standard deviation per image.

    .. math:: y_n = x_n + \sigma_n \epsilon, \quad
        \sigma_n \sim U(0, \text{largest} / 255)

    The random numbers come from PyTorch's generator on the CPU.

    Args:
        images: Images, (N, C, H, W), in [0, 1].
        largest: Largest standard deviation, in grey levels of 255.
        moved: Mask of the images that receive noise, (N,), bool. None means
            all.

    Returns:
        Images, (N, C, H, W), unbounded.
    """
    deviation = torch.rand(len(images)).to(images) * largest / 255
    if moved is not None:
        deviation = deviation * moved
    grain = torch.randn(images.shape).to(images)
    return images + deviation.reshape(-1, 1, 1, 1) * grain


def _offsets(
    random: np.random.RandomState,
    style: Style,
    taps: int,
    size: tuple[int, int],
) -> np.ndarray:
    """Draw the positions of one image, (T, 2, h, w)."""
    low, high = style.length
    length = low + (high - low) * random.uniform() ** style.skew
    path = _path(random, style, taps, length)
    rows, columns = ((np.arange(n) - (n - 1) / 2) * GRID for n in size)
    x, y = np.meshgrid(columns, rows)
    x = x + random.uniform(-1, 1) * CENTRE[0]
    y = y + random.uniform(-1, 1) * CENTRE[1]
    angle = np.deg2rad(path[:, 2])[:, None, None]
    zoom = path[:, 3][:, None, None]
    offsets = np.stack(
        [
            path[:, 0, None, None] + zoom * x - angle * y,
            path[:, 1, None, None] + zoom * y + angle * x,
        ],
        axis=1,
    )
    if random.uniform() < style.object_probability:
        own = _path(random, style, taps, random.uniform(*style.object_length))
        offsets += own[:, :2, None, None] * _region(random, size)
    return offsets


def _path(
    random: np.random.RandomState, style: Style, taps: int, length: float
) -> np.ndarray:
    path = camera_path(
        random,
        length,
        random.uniform(*style.shake),
        random.uniform(-style.acceleration, style.acceleration),
    )
    return resample_path(path, taps)


def _region(
    random: np.random.RandomState, size: tuple[int, int]
) -> np.ndarray:
    """Draw the mask of an object, (h, w), in [0, 1]."""
    hills = torch.from_numpy(random.normal(size=(1, 1, HILLS, HILLS)))
    smooth = nn.functional.interpolate(
        hills, size, mode='bicubic', align_corners=False
    )
    return (8 * (smooth[0, 0] - 0.4)).clamp(0, 1).numpy()
