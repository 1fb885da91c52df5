"""Crop images at random positions."""

from collections.abc import Sequence

import numpy as np
from mmcv.transforms import BaseTransform

from ...io.image.reader import UnusableImageError
from ...registry import TRANSFORMS
from .load_rgb_image import check_same_size

__all__ = ['RandomCrop', 'check_fits']


@TRANSFORMS.register_module()
class RandomCrop(BaseTransform):
    """Crop the image of each key at a random position.

    By default, each key has its own position, for unpaired domains. (MMagic's
    ``PairedRandomCrop`` has fixed key names, and its ``Crop`` uses one
    position for all keys.) Adds ``<key>_crop``, the position (top, left,
    height, width) in the original image, also after several crops. Random
    numbers come from ``np.random``.

    Config::

        dict(type=RandomCrop, keys=['img_blur', 'img_sharp'], crop_size=256)

    Args:
        keys: Keys of images or maps to crop.
        crop_size: Side of a square crop, or (height, width).
        margin: Pixels to add on each side of the crop, for a later transform
            that cuts them off, such as ``MotionBlur``.
        together: Whether all keys share one position; their images must then
            have the same size.

    Shape:
        (H, W) or (H, W, C) to (h, w) or (h, w, C), with the size of the crop.

    Raises:
        ValueError: If ``crop_size`` is not positive, or ``margin`` is
            negative.
        UnusableImageError: If an image is smaller than the crop, or
            ``together`` is set and the sizes differ.
    """

    def __init__(
        self,
        keys: Sequence[str],
        crop_size: int | Sequence[int],
        together: bool = False,
        margin: int = 0,
    ) -> None:
        if isinstance(keys, str) or not keys:
            raise TypeError(f'keys must be a list of names, got {keys!r}')
        size = (
            (crop_size, crop_size)
            if isinstance(crop_size, int)
            else tuple(crop_size)
        )
        if margin < 0:
            raise ValueError(f'margin must not be negative, got {margin}')
        if len(size) != 2 or min(size) < 1:
            raise ValueError(
                'crop_size must be a positive integer or (height, width), '
                f'got {crop_size!r}'
            )
        self.keys = list(keys)
        self.crop_size = (size[0] + 2 * margin, size[1] + 2 * margin)
        self.together = together

    def transform(self, results: dict) -> dict:
        """Crop the images.

        Args:
            results: Sample with an array for each key.

        Returns:
            The same dict with cropped copies.
        """
        height, width = self.crop_size
        for key in self.keys:
            check_fits(results, key, self.crop_size)
        if self.together:
            check_same_size(results, self.keys)
        top = left = 0
        for number, key in enumerate(self.keys):
            image = results[key]
            if number == 0 or not self.together:
                top = np.random.randint(image.shape[0] - height + 1)
                left = np.random.randint(image.shape[1] - width + 1)
            # A copy, so that the whole image can be freed.
            results[key] = image[
                top : top + height, left : left + width
            ].copy()
            before = results.get(f'{key}_crop', (0, 0))
            corner = before[0] + top, before[1] + left
            results[f'{key}_crop'] = (*corner, height, width)
        return results

    def __repr__(self) -> str:
        return (
            f'{type(self).__name__}(keys={self.keys}, '
            f'crop_size={self.crop_size}, together={self.together})'
        )


def check_fits(results: dict, key: str, size: tuple[int, int]) -> None:
    """Refuse an image that is smaller than a crop, (height, width).

    Raises:
        UnusableImageError: If it is.
    """
    height, width = results[key].shape[:2]
    if height < size[0] or width < size[1]:
        path = results.get(f'{key}_path')
        raise UnusableImageError(
            f"'{path or key}' has {width}x{height} pixels, too few for a crop "
            f'of {size[1]}x{size[0]}; remove it, or set a smaller crop_size',
            path,
        )
