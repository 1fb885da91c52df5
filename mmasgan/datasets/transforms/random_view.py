"""Random crops with scaling, rotation and flips."""

from collections.abc import Sequence

import cv2
import numpy as np
from mmcv.transforms import BaseTransform

from ...registry import TRANSFORMS
from .random_crop import check_fits

__all__ = ['RandomView']

RADII = (0.5, 10.0)  # of defocus discs, in pixels
HILLS = 4  # noise values per side from which regions are made
EDGE = 4  # steepness of their edges


@TRANSFORMS.register_module()
class RandomView(BaseTransform):
    """Crop, scale, rotate and flip the image of each key at random.

    A random region is scaled to ``crop_size``, rotated by a multiple of 90
    degrees and flipped, independently for each key. Adds ``<key>_crop``, the
    region (top, left, height, width) in the original image. Random numbers
    come from ``np.random``.

    Config::

        dict(type=RandomView, keys=['img_sharp'], crop_size=168,
             scale=(0.5, 1))

    Args:
        keys: Keys of images.
        crop_size: Side of the square output, in pixels.
        scale: Bounds of the scale factor; 0.5 halves the size. Do not scale
            blurred images, because this would scale their motion.
        choices: Number of random regions, of which the one with the most
            detail is used. Flat regions contribute little to training.
        defocus: Probability of defocus blur, by a disc with a radius of 0.5
            to 10 pixels, of the whole image or of a region with a smooth
            edge. It teaches a model not to sharpen blur without motion.
        margin: Pixels to add on each side, for a model that cuts them off,
            such as one that reblurs.

    Shape:
        (H, W, C) to (s, s, C) with s = crop_size + 2 margin.

    Raises:
        ValueError: If an argument is out of its range.
        UnusableImageError: If an image is smaller than the output.
    """

    def __init__(
        self,
        keys: Sequence[str],
        crop_size: int,
        scale: tuple[float, float] = (1.0, 1.0),
        choices: int = 1,
        defocus: float = 0.0,
        margin: int = 0,
    ) -> None:
        if isinstance(keys, str) or not keys:
            raise TypeError(f'keys must be a list of names, got {keys!r}')
        if crop_size < 1 or choices < 1:
            raise ValueError(
                'crop_size and choices must be positive, got '
                f'{crop_size} and {choices}'
            )
        if margin < 0:
            raise ValueError(f'margin must not be negative, got {margin}')
        if not 0 < scale[0] <= scale[1]:
            raise ValueError(f'scale must be (low, high), got {scale}')
        if not 0 <= defocus <= 1:
            raise ValueError(f'defocus must be in [0, 1], got {defocus}')
        self.keys = list(keys)
        self.crop_size = crop_size + 2 * margin
        self.scale = (scale[0], scale[1])
        self.choices = choices
        self.defocus = defocus

    def transform(self, results: dict) -> dict:
        """Crop, scale, rotate and flip.

        Args:
            results: Sample with an image for each key.

        Returns:
            The same dict with the transformed images.
        """
        for key in self.keys:
            image = results[key]
            check_fits(results, key, (self.crop_size, self.crop_size))
            scale = np.random.uniform(*self.scale)
            side = min(round(self.crop_size / scale), *image.shape[:2])
            region, corner = self._region(image, side)
            if side != self.crop_size:
                region = cv2.resize(
                    region,
                    (self.crop_size, self.crop_size),
                    interpolation=cv2.INTER_AREA
                    if side > self.crop_size
                    else cv2.INTER_CUBIC,
                )
            if self.defocus and np.random.uniform() < self.defocus:
                region = _out_of_focus(region)
            region = np.rot90(region, np.random.randint(4))
            if np.random.randint(2):
                region = region[:, ::-1]
            results[key] = np.array(region, order='C')  # frees the image
            results[f'{key}_crop'] = (*corner, side, side)
        return results

    def _region(
        self, image: np.ndarray, side: int
    ) -> tuple[np.ndarray, tuple[int, int]]:
        found = []
        for _ in range(self.choices):
            top = np.random.randint(image.shape[0] - side + 1)
            left = np.random.randint(image.shape[1] - side + 1)
            region = image[top : top + side, left : left + side]
            found.append((region, (top, left)))
        if self.choices == 1:
            return found[0]
        return max(found, key=lambda each: _detail(each[0]))

    def __repr__(self) -> str:
        return (
            f'{type(self).__name__}(keys={self.keys}, '
            f'crop_size={self.crop_size}, scale={self.scale}, '
            f'choices={self.choices}, defocus={self.defocus})'
        )


def _out_of_focus(image: np.ndarray) -> np.ndarray:
    """Blur an image, or a region of it, with a disc."""
    radius = np.exp(np.random.uniform(*np.log(RADII)))
    reach = int(np.ceil(radius))
    steps = np.arange(-reach, reach + 1)
    distance = np.hypot(steps[:, None], steps)
    disc = np.clip(radius + 0.5 - distance, 0, 1)
    blurred = cv2.filter2D(image, -1, disc / disc.sum())
    if np.random.randint(2):
        return blurred
    height, width = image.shape[:2]
    hills = cv2.resize(
        np.random.normal(size=(HILLS, HILLS)).astype(np.float32),
        (width, height),
        interpolation=cv2.INTER_CUBIC,
    )
    share = np.clip(0.5 + EDGE * hills, 0, 1)[..., None]
    mixed = image + share * (blurred.astype(np.float32) - image)
    return mixed.round().astype(image.dtype)


def _detail(image: np.ndarray) -> float:
    """Return the mean difference of neighbouring pixels."""
    green = image[::2, ::2, 1].astype(np.int16)
    return float(
        np.abs(np.diff(green, axis=0)).mean()
        + np.abs(np.diff(green, axis=1)).mean()
    )
