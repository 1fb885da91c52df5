"""Load images as 8-bit RGB."""

from collections.abc import Sequence
from os import PathLike, fspath

import numpy as np
from mmcv.transforms import BaseTransform

from ...registry import TRANSFORMS
from ..image_reader import UnusableImageError, read_rgb_image
from ..image_store import ImageStore

__all__ = ['LoadRGBImage']


@TRANSFORMS.register_module()
class LoadRGBImage(BaseTransform):
    """Load the image of each key from ``<key>_path``.

    Adds ``<key>``, an RGB image (H, W, 3), uint8, in [0, 255], and what
    MMagic's loader adds: ``ori_<key>_shape``, ``<key>_channel_order`` and
    ``<key>_color_type``. MMagic's loader itself returns None for a damaged
    file, cuts a truncated one off silently, and reads BGR by default.

    Where these keys are packed, name ``<key>_channel_order`` in
    ``meta_keys`` of ``PackInputs``: MMagic's data preprocessor takes an
    image of unknown order for BGR.

    Config::

        dict(type=LoadRGBImage, keys=['img_blur', 'img_sharp'])

    Args:
        keys: Keys to load.
        same_size: Whether the images must agree in height and width, as
            those of a pair must.
        backend_args: Arguments of MMEngine's storage backend.
        store: Folder of an :class:`~mmasgan.datasets.ImageStore`, which
            holds the images uncompressed, so that a crop of them costs
            little. None reads the files themselves. Pixels, and what is
            drawn afterwards, are the same.

    Raises:
        FileNotFoundError: If there is no finished store at ``store``.
        ImageReadError: See :func:`~mmasgan.datasets.read_rgb_image`.
        UnusableImageError: If the sizes differ and ``same_size`` is set.
    """

    def __init__(
        self,
        keys: Sequence[str],
        same_size: bool = False,
        backend_args: dict | None = None,
        store: str | PathLike[str] | None = None,
    ) -> None:
        if isinstance(keys, str) or not keys:
            raise TypeError(f'keys must be a list of names, got {keys!r}')
        self.keys = list(keys)
        self.same_size = same_size
        self.backend_args = backend_args
        self.store = None if store is None else ImageStore(fspath(store))

    def transform(self, results: dict) -> dict:
        """Load the images.

        Args:
            results: Sample with ``<key>_path`` for each key.

        Returns:
            The same dict, with the images.
        """
        for key in self.keys:
            image = self._read(results[f'{key}_path'])
            results[key] = image
            results[f'ori_{key}_shape'] = image.shape
            results[f'{key}_channel_order'] = 'rgb'
            results[f'{key}_color_type'] = 'color'
        if self.same_size:
            self._check_sizes(results)
        return results

    def _read(self, path: str) -> np.ndarray:
        if self.store is not None:
            return self.store.read(path)
        return read_rgb_image(path, self.backend_args)

    def _check_sizes(self, results: dict) -> None:
        shapes = {key: results[key].shape for key in self.keys}
        if len(set(shapes.values())) > 1:
            texts = (
                f"'{results[f'{key}_path']}' has {width}x{height} pixels"
                for key, (height, width, _) in shapes.items()
            )
            raise UnusableImageError(
                f'sizes differ within a pair: {", ".join(texts)}; replace '
                'or remove the wrong one',
                results[f'{self.keys[0]}_path'],
            )

    def __repr__(self) -> str:
        store = None if self.store is None else str(self.store.folder)
        return (
            f'{type(self).__name__}(keys={self.keys}, '
            f'same_size={self.same_size}, backend_args={self.backend_args}, '
            f'store={store!r})'
        )
