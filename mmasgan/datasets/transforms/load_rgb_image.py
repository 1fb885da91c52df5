"""Load images as 8-bit RGB."""

from collections import OrderedDict
from collections.abc import Sequence
from os import PathLike, fspath

import numpy as np
from mmcv.transforms import BaseTransform

from ...io.image.reader import UnusableImageError
from ...io.image.rgb import read_rgb_image
from ...registry import TRANSFORMS
from ..image_store import ImageStore

__all__ = ['LoadRGBImage', 'check_same_size']


@TRANSFORMS.register_module()
class LoadRGBImage(BaseTransform):
    """Load the image of each key from ``<key>_path``.

    Adds ``<key>`` and the keys of MMagic's loader: ``ori_<key>_shape``,
    ``<key>_channel_order`` and ``<key>_color_type``. MMagic's loader returns
    None for a damaged file, accepts a truncated one without a message, and
    reads BGR by default.

    Add ``<key>_channel_order`` to ``meta_keys`` of ``PackInputs``: MMagic's
    data preprocessor assumes BGR for an image of unknown order.

    Config::

        dict(type=LoadRGBImage, keys=['img_blur', 'img_sharp'])

    Args:
        keys: Keys to load.
        same_size: Whether all images must have the same size, as in a pair.
        backend_args: Arguments of MMEngine's storage backend.
        store: Folder of an image store, which holds the images uncompressed,
            so that crops are read quickly. None reads the image files. Pixels
            and random numbers are the same.
        cache_megabytes: Size of the cache of decoded images in each process.
            The least recently used images are dropped first.

    Shape:
        Output images (H, W, 3), RGB, uint8, in [0, 255].

    Raises:
        FileNotFoundError: If ``store`` is not a complete store.
        ImageReadError: If a file cannot be read as an image.
        UnusableImageError: If ``same_size`` is set and the sizes differ.
        ValueError: If ``cache_megabytes`` is negative.
    """

    def __init__(
        self,
        keys: Sequence[str],
        same_size: bool = False,
        backend_args: dict | None = None,
        store: str | PathLike[str] | None = None,
        cache_megabytes: float = 0,
    ) -> None:
        if isinstance(keys, str) or not keys:
            raise TypeError(f'keys must be a list of names, got {keys!r}')
        self.keys = list(keys)
        self.same_size = same_size
        self.backend_args = backend_args
        self.store = None if store is None else ImageStore(fspath(store))
        if cache_megabytes < 0:
            raise ValueError(
                f'cache_megabytes must not be negative, got {cache_megabytes}'
            )
        self.cache_megabytes = cache_megabytes
        self._cache: OrderedDict[str, np.ndarray] = OrderedDict()
        self._cached = 0  # bytes

    def transform(self, results: dict) -> dict:
        """Load the images.

        Args:
            results: Sample with ``<key>_path`` for each key.

        Returns:
            The same dict with images (H, W, 3), RGB, uint8.
        """
        for key in self.keys:
            image = self._read(results[f'{key}_path'])
            results[key] = image
            results[f'ori_{key}_shape'] = image.shape
            results[f'{key}_channel_order'] = 'rgb'
            results[f'{key}_color_type'] = 'color'
        if self.same_size:
            check_same_size(results, self.keys)
        return results

    def _read(self, path: str) -> np.ndarray:
        if self.store is not None:
            return self.store.read(path)
        if not self.cache_megabytes:
            return read_rgb_image(path, self.backend_args)
        if path in self._cache:
            self._cache.move_to_end(path)
        else:
            image = read_rgb_image(path, self.backend_args)
            image.flags.writeable = False
            self._cache[path] = image
            self._cached += image.nbytes
        image = self._cache[path]
        while self._cached > 1e6 * self.cache_megabytes:
            _, oldest = self._cache.popitem(last=False)
            self._cached -= oldest.nbytes
        return image

    def __repr__(self) -> str:
        store = None if self.store is None else str(self.store.folder)
        return (
            f'{type(self).__name__}(keys={self.keys}, '
            f'same_size={self.same_size}, backend_args={self.backend_args}, '
            f'store={store!r}, cache_megabytes={self.cache_megabytes})'
        )


def check_same_size(results: dict, keys: Sequence[str]) -> None:
    """Refuse the images of a pair if their sizes differ.

    Raises:
        UnusableImageError: If they do.
    """
    sizes = {key: results[key].shape[:2] for key in keys}
    if len(set(sizes.values())) > 1:
        texts = (
            f"'{results.get(f'{key}_path', key)}' has {width}x{height} pixels"
            for key, (height, width) in sizes.items()
        )
        raise UnusableImageError(
            f'images of a pair have different sizes: {", ".join(texts)}; '
            'replace or remove the wrong one',
            results.get(f'{keys[0]}_path'),
        )
