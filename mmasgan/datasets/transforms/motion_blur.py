"""Synthetic motion blur of sharp images during loading."""

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

# Keys with information on an image, copied to the blurred image.
KNOWN = (
    '{}_path',
    'ori_{}_shape',
    '{}_channel_order',
    '{}_color_type',
    '{}_crop',
)


class Shot(NamedTuple):
    """A blurred image and its motion.

    Attributes:
        image: Blurred image, (H, W, 3), uint8, including the margin.
        path: Path of the camera, (T, 4), see
            :func:`~mmasgan.layers.camera_path.camera_path`.
        object_path: Path of the object relative to the camera, (T, 4), or
            None.
    """

    image: np.ndarray
    path: np.ndarray
    object_path: np.ndarray | None


@TRANSFORMS.register_module()
class MotionBlur(BaseTransform):
    r"""Blur an image along a random camera path.

    .. math:: b = \Big(\frac{1}{T} \sum_{k=1}^{T} s_k^\gamma\Big)^{1/\gamma}

    with :math:`s_k` the image moved by the camera at time k. The path is that
    of a hand-held camera, with rotation and zoom; optionally, a region has an
    additional path. Noise and JPEG compression follow. An argument that is a
    pair is drawn uniformly between the two values for each image. Random
    numbers come from ``np.random``. A 256x256 crop takes a few milliseconds.

    Adds ``<out_key>``, the keys with information on the file and crop of
    ``<key>``, and ``<out_key>_motion``, the path.

    Source: the mean of frames is GoPro's blur (Nah et al., CVPR 2017, Eq.
    (1)); the paths are ours, see
    :func:`~mmasgan.layers.camera_path.camera_path`.

    Config::

        dict(type=MotionBlur, key='img_sharp', out_key='img_blur')

    Args:
        key: Key of the sharp image or crop.
        out_key: Key of the blurred image; it may equal ``key``.
        length: Length of the path, in pixels.
        shake: Curvature and jitter of the path; 0 is a straight line.
        exposure: Fraction of the path during which the shutter is open.
        gamma: Exponent of the camera response: 1 gives GoPro's ``blur``, 2.2
            an average in linear light (GoPro's ``blur_gamma``).
        frames: Number of averaged frames, rounded to an odd number, so that
            the middle frame is the ground truth. GoPro averages 7 to 13
            frames, which are visible individually in fast motion.
        mask_key: Key of the mask of a moving object, (H, W), in [0, 1].
        object_probability: Without a mask, probability that a random smooth
            region is a moving object.
        object_length: Length of the additional path of the object, in pixels.
        noise: Standard deviation of Gaussian noise, in grey levels of 255.
        jpeg_quality: Quality of the JPEG compression; None means none.
        margin: Pixels to cut off on each side of both images. Half of the
            longest path removes all pixels that depend on the reflected
            border.

    Shape:
        Images (H, W, 3), RGB, uint8, to (H - 2 margin, W - 2 margin, 3); the
        path is (T, 4).

    Raises:
        ValueError: If a range is empty or negative, or the margin is too
            large for an image.
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
            results: Sample with the image, and the mask if ``mask_key`` is
                set.

        Returns:
            The same dict with the blurred image.
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
        """Blur an image, without cutting off the margin.

        Args:
            image: Sharp image, (H, W, 3), uint8.
            random: Random number generator.
            mask: Mask of a moving object, (H, W), in [0, 1]. None draws one
                with probability ``object_probability``.
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
        # Always drawn, so that later random numbers do not change.
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
        # NumPy's normal distribution takes five times as long.
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
        # BGR order: JPEG reduces the resolution of colour channels.
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
                f'margin={self.margin} is too large for an image of '
                f'{image.shape[1]}x{image.shape[0]} pixels; use larger '
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
            f'{name} must be a non-negative number or (low, high), got '
            f'{value!r}'
        )
    return low, high
