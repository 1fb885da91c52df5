"""Blur made from sharp images, while they are loaded."""

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from mmcv.transforms import BaseTransform

from ...layers.camera_path import camera_path, resample_path
from ...registry import TRANSFORMS
from ..camera_shake import blur_along

__all__ = ['MotionBlur']

Range = float | Sequence[float]

# What other transforms say of an image, by its key.
KNOWN = (
    '{}_path',
    'ori_{}_shape',
    '{}_channel_order',
    '{}_color_type',
    '{}_crop',
)


class Shot(NamedTuple):
    """A blurred image and what blurred it.

    Attributes:
        image: (H, W, 3), uint8, the margin included.
        path: Path of the camera, see
            :func:`~mmasgan.layers.camera_path.camera_path`.
        object_path: Path of the object, added to the camera's; or None.
    """

    image: np.ndarray
    path: np.ndarray
    object_path: np.ndarray | None


@TRANSFORMS.register_module()
class MotionBlur(BaseTransform):
    """Blur an image along a random camera path, drawn from ``np.random``.

    The path is curved and jittered as that of a shaking hand, the camera
    turns and zooms; optionally a region moves on its own. Then come noise
    and compression. Arguments that are a pair are the bounds of a uniform
    draw for each image. A 256x256 crop takes a few milliseconds.

    Adds ``<out_key>``, what is known of its file and crop (as of ``key``),
    and ``<out_key>_motion``, the path (T, 4), see
    :func:`~mmasgan.layers.camera_path.camera_path`.

    Config::

        dict(type=MotionBlur, key='img_sharp', out_key='img_blur')

    Args:
        key: Sharp image, (H, W, 3), uint8; it may be a crop.
        out_key: Where the blurred image goes; may be ``key`` itself.
        length: Length of the path, in pixels.
        shake: How crooked it is, 0 for a straight line.
        exposure: Fraction of the path during which the shutter is open.
        gamma: Frames are averaged after ``x ** gamma``: 1 gives GoPro's
            ``blur``, 2.2 linear light (its ``blur_gamma``).
        frames: How many frames are averaged; an even draw takes one more, so
            that one frame is the truth. GoPro's blur is of 7 to 13, and where
            the camera is fast they show one by one.
        mask_key: Mask (H, W), in [0, 1], of an object that moves on its own.
        object_probability: Without a mask, how often a random smooth region
            takes its place.
        object_length: Length of the object's own path, in pixels.
        noise: Standard deviation of Gaussian noise, in grey levels.
        jpeg_quality: Quality of the compression; None leaves it out.
        margin: Pixels cut off on each side of both images afterwards, so
            that no reflected border remains where it is at least half the
            length of the path.

    Raises:
        ValueError: If a range is empty or negative, or nothing would be left
            within the margin.
    """

    def __init__(
        self,
        key: str,
        out_key: str,
        length: Range = (0, 32),
        shake: Range = (0, 1),
        exposure: Range = 1,
        gamma: Range = 1,
        frames: Range = (7, 13),
        mask_key: str | None = None,
        object_probability: float = 0,
        object_length: Range = (4, 24),
        noise: Range = 0,
        jpeg_quality: Range | None = None,
        margin: int = 0,
    ) -> None:
        self.key = key
        self.out_key = out_key
        self.length = _bounds('length', length)
        self.shake = _bounds('shake', shake)
        self.exposure = _bounds('exposure', exposure)
        self.gamma = _bounds('gamma', gamma)
        self.frames = _bounds('frames', frames)
        self.mask_key = mask_key
        self.object_probability = object_probability
        self.object_length = _bounds('object_length', object_length)
        self.noise = _bounds('noise', noise)
        self.jpeg_quality = (
            None
            if jpeg_quality is None
            else _bounds('jpeg_quality', jpeg_quality)
        )
        self.margin = margin
        if not 0 < self.exposure[0] <= self.exposure[1] <= 1:
            raise ValueError(f'exposure must be in (0, 1], got {exposure!r}')
        if self.frames[0] < 1:
            raise ValueError(f'frames must be at least 1, got {frames!r}')

    def transform(self, results: dict) -> dict:
        """Blur the image.

        Args:
            results: Sample with the image, and the mask where one is named.

        Returns:
            The same dict, with the blurred image.
        """
        image = results[self.key]
        random = np.random.RandomState(np.random.randint(2**31))
        mask = None if self.mask_key is None else results[self.mask_key]
        blurred, path, _ = self.shoot(image, random, mask)
        results[self.key] = self._cut(image)
        results[self.out_key] = self._cut(blurred)
        results[f'{self.out_key}_motion'] = path
        if f'{self.key}_crop' in results:
            top, left, _, _ = results[f'{self.key}_crop']
            results[f'{self.key}_crop'] = (
                top + self.margin,
                left + self.margin,
                *results[self.key].shape[:2],
            )
        for name in KNOWN:
            about = name.format(self.key)
            if about in results:
                results[name.format(self.out_key)] = results[about]
        return results

    def shoot(
        self,
        image: np.ndarray,
        random: np.random.RandomState,
        mask: np.ndarray | None = None,
    ) -> Shot:
        """Blur an image, without cutting the margin off.

        Args:
            image: (H, W, 3), uint8.
            random: Source of the random numbers.
            mask: (H, W), in [0, 1], of an object that moves on its own. None
                draws one, as often as ``object_probability`` says.
        """
        path = self._path(random, self.length)
        if mask is None and self.mask_key is None:
            mask = self._mask(random, image)
        object_path = None
        if mask is not None:
            object_path = resample_path(
                self._path(random, self.object_length), len(path)
            )
        gamma = random.uniform(*self.gamma)
        blurred = blur_along(image, path, gamma, mask, object_path)
        blurred = self._add_noise(random, blurred)
        return Shot(self._compress(random, blurred), path, object_path)

    def _path(
        self, random: np.random.RandomState, length: tuple[float, float]
    ) -> np.ndarray:
        path = camera_path(
            random, random.uniform(*length), random.uniform(*self.shake)
        )
        open_for = random.uniform(*self.exposure)
        skipped = round((1 - open_for) * (len(path) // 2))
        path = path[skipped : len(path) - skipped]
        low, high = (int(bound) // 2 for bound in self.frames)
        return resample_path(path, 2 * random.randint(low, high + 1) + 1)

    def _mask(
        self, random: np.random.RandomState, image: np.ndarray
    ) -> np.ndarray | None:
        # Drawn in any case, so that the other numbers stay the same.
        if random.uniform() >= self.object_probability:
            return None
        height, width = image.shape[:2]
        seeds = random.normal(size=(4, 4)).astype(np.float32)
        hills = cv2.resize(
            seeds, (width, height), interpolation=cv2.INTER_CUBIC
        )
        return np.clip(8 * (hills - 0.4), 0, 1)

    def _add_noise(
        self, random: np.random.RandomState, image: np.ndarray
    ) -> np.ndarray:
        deviation = random.uniform(*self.noise)
        if deviation == 0:
            return image
        # NumPy's own normal numbers take five times as long.
        cv2.setRNGSeed(random.randint(2**31))
        grain = np.empty(image.shape, np.float32)
        cv2.randn(grain, np.zeros(3), np.full(3, deviation))
        return cv2.add(image, grain, dtype=cv2.CV_8U)

    def _compress(
        self, random: np.random.RandomState, image: np.ndarray
    ) -> np.ndarray:
        if self.jpeg_quality is None:
            return image
        quality = round(random.uniform(*self.jpeg_quality))
        # The channel order decides which colours lose resolution.
        _, data = cv2.imencode(
            '.jpg', image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality]
        )
        return np.ascontiguousarray(
            np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR))[..., ::-1]
        )

    def _cut(self, image: np.ndarray) -> np.ndarray:
        if self.margin == 0:
            return image
        if min(image.shape[:2]) <= 2 * self.margin:
            raise ValueError(
                f'an image of {image.shape[1]}x{image.shape[0]} pixels has '
                f'nothing left within a margin of {self.margin}; take larger '
                'crops'
            )
        inner = slice(self.margin, -self.margin)
        return image[inner, inner].copy()

    def __repr__(self) -> str:
        return (
            f'{type(self).__name__}(key={self.key!r}, '
            f'out_key={self.out_key!r}, length={self.length})'
        )


def _bounds(name: str, value: Range) -> tuple[float, float]:
    low, high = (
        (value, value) if isinstance(value, int | float) else tuple(value)
    )
    if not 0 <= low <= high:
        raise ValueError(
            f'{name} must be a number or (low, high), not negative, got '
            f'{value!r}'
        )
    return low, high
