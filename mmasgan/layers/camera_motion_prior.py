"""Random motion, as cameras and what they see move during an exposure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from ..registry import MODELS
from .camera_path import camera_path, resample_path

__all__ = ['CameraMotionPrior', 'Motion', 'add_noise']

GRID = 8  # pixels between the points at which a motion is given
# Optical centres lie about so far from a crop's own, in pixels: a crop is part
# of a frame.
CENTRE = (400.0, 250.0)
HILLS = 4  # points a side of the noise that objects are cut from

Range = tuple[float, float]


class Motion(NamedTuple):
    """Motions of a batch.

    Attributes:
        offsets: Positions along the path, (N, T, 2, h, w), in pixels.
        gamma: Exponent of each image's camera, (N,).
    """

    offsets: Tensor
    gamma: Tensor


@dataclass(frozen=True)
class Style:
    """One kind of motion; pairs are the bounds of a uniform draw.

    Attributes:
        weight: How often it is drawn, relative to the others.
        length: Length of the path, in pixels.
        skew: Lengths are ``low + (high - low) * uniform ** skew``.
        shake: How crooked the path is, 0 for a straight line.
        acceleration: Bound of the relative change of speed, to both sides.
        gamma: Exponent after which frames are averaged, one of these.
        object_probability: How often a region moves on its own.
        object_length: Length of that region's own path, in pixels.
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
    """Draw how a camera moved while its shutter was open.

    Each image has a path of its own: it turns, zooms and shakes; sometimes a
    smooth region of the image moves besides. Drawn from PyTorch's random
    numbers, on the CPU; what is drawn is small.

    Source: ours, see :func:`~mmasgan.layers.camera_path.camera_path`.

    Config::

        dict(
            type='mmasgan.CameraMotionPrior',
            styles=dict(
                carried=dict(weight=2, length=(0, 45)),
                hand=dict(length=(2, 30), shake=(0.3, 1), gamma=(2.2,)),
            ),
        )

    Args:
        styles: Arguments of each :class:`Style`, by any name.
        still: How often nothing moves.
        taps: Bounds of how many positions there are, of a batch; odd.

    Raises:
        TypeError: If a style has an argument that there is none of.
        ValueError: If a value is not possible.
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
                    f'a style has no argument {min(set(style) - known)!r}; it '
                    f'has {sorted(known)}'
                )
        self.styles = [Style(**style) for style in styles.values()]
        if not self.styles or sum(s.weight for s in self.styles) <= 0:
            raise ValueError('styles must hold one of positive weight')
        if not 3 <= taps[0] <= taps[1] or not taps[0] % 2 == taps[1] % 2 == 1:
            raise ValueError(f'taps must be odd bounds from 3, got {taps}')
        if not 0 <= still <= 1:
            raise ValueError(f'still must be in [0, 1], got {still}')
        self.still = still
        self.taps = taps

    def forward(self, count: int, height: int, width: int) -> Motion:
        """Draw motions.

        Args:
            count: Number of images.
            height: Of each, in pixels.
            width: Same.

        Returns:
            Positions at a grid, (N, T, 2, height/8, width/8), float32, and
            exponents.
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
    """Add the noise of a camera, drawn from PyTorch's numbers on the CPU.

    Args:
        images: (N, C, H, W) in [0, 1].
        largest: Largest standard deviation, of 255 grey levels; that of each
            image is drawn.
        moved: Which images get any, (N,), bool. None gives all some.

    Returns:
        Images, unbounded.
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
    """Return positions along a path, (T, 2, h, w)."""
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
    """Return where an object is, (h, w), in [0, 1]."""
    hills = torch.from_numpy(random.normal(size=(1, 1, HILLS, HILLS)))
    smooth = nn.functional.interpolate(
        hills, size, mode='bicubic', align_corners=False
    )
    return (8 * (smooth[0, 0] - 0.4)).clamp(0, 1).numpy()
