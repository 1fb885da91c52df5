"""Loading of semantic maps with the crop and flip of their images."""

import os
import warnings
from collections.abc import Sequence
from typing import Literal

import numpy as np
from mmcv.transforms import BaseTransform

from ..registry import TRANSFORMS
from .resize import resize_by_area
from .store import MapError, find_store

__all__ = ['LoadSemantic']


@TRANSFORMS.register_module()
class LoadSemantic(BaseTransform):
    """Load the map of each image, with the crop and flip of the image.

    Use it after the crop and the flips: it reads ``<key>_crop`` and
    ``flip_infos``, and only resizes the crop. It uses no random numbers, so
    images are the same with and without maps. For ``img_blur``, it adds
    ``semantic_blur``. Add the maps to ``keys`` of ``PackInputs``, and to
    ``non_image_keys`` of the data preprocessor, which would otherwise
    normalise them.

    Config::

        dict(type=LoadSemantic, keys=['img_blur', 'img_sharp'])

    Args:
        keys: Keys of the images, each ``img_<domain>``.
        source: Name of the folder of the maps, with or without its hash. None
            means the only folder.
        num_groups: Number of groups K of the maps, equal to ``num_classes``
            of the generator.
        missing: Behaviour for images without a map: ``'error'``, or
            ``'uniform'`` for 1/K everywhere, with one warning.

    Shape:
        Output maps (H, W, K), float32, in the size of the image, with sum 1
        at each pixel.

    Raises:
        MapError: If a map is missing, damaged, or has another K.
        ValueError: If other transforms than ``RandomCrop`` and ``Flip``, in
            this order, have moved pixels.
    """

    def __init__(
        self,
        keys: Sequence[str],
        source: str | None = None,
        num_groups: int = 8,
        missing: Literal['error', 'uniform'] = 'error',
    ) -> None:
        if isinstance(keys, str) or not all(
            key.startswith('img_') for key in keys
        ):
            raise TypeError(
                f'keys must be a list of img_<domain>, got {keys!r}'
            )
        if missing not in ('error', 'uniform'):
            raise ValueError(
                f"missing must be 'error' or 'uniform', got {missing!r}"
            )
        self.keys = list(keys)
        self.source = source
        self.num_groups = num_groups
        self.missing = missing
        self._warned = False

    def transform(self, results: dict) -> dict:
        """Load the maps.

        Args:
            results: Sample with images and their ``<key>_path``.

        Returns:
            The same dict with the maps.
        """
        for key in self.keys:
            self._check(results, key)
            maps = self._read(results[f'{key}_path'])
            if maps is None:
                shape = (*results[key].shape[:2], self.num_groups)
                uniform = np.full(shape, 1 / self.num_groups, np.float32)
                results[key.replace('img_', 'semantic_', 1)] = uniform
                continue
            maps = resize_by_area(
                maps,
                results[f'ori_{key}_shape'][:2],
                results.get(f'{key}_crop'),
            )
            for flip in results.get('flip_infos', ()):
                if flip['flip'] and key in flip['keys']:
                    axis = 2 if flip['direction'] == 'horizontal' else 1
                    maps = np.flip(maps, axis)
            results[key.replace('img_', 'semantic_', 1)] = (
                np.ascontiguousarray(maps.transpose(1, 2, 0))
            )
        return results

    def _check(self, results: dict, key: str) -> None:
        size = results[key].shape[:2]
        whole = results.get(f'ori_{key}_shape', (None, None))[:2]
        crop = results.get(f'{key}_crop', (0, 0, *whole))
        names = list(results)
        flipped_first = f'{key}_crop' in names and any(
            flip['flip'] and key in flip['keys']
            for flip in results.get('flip_infos', ())
        )
        flipped_first = flipped_first and names.index(
            'flip_infos'
        ) < names.index(f'{key}_crop')
        if flipped_first or tuple(crop[2:]) != size:
            raise ValueError(
                f'{key} is {size}, from {whole} by the crop {crop}: '
                'LoadSemantic must follow LoadRGBImage, RandomCrop and Flip, '
                'in this order, without other transforms that move pixels'
            )

    def _read(self, path: str) -> np.ndarray | None:
        path = os.path.abspath(path)
        try:
            store = find_store(os.path.dirname(path), self.source)
        except MapError as error:
            self._warn_or_raise(error)
            return None
        name = os.path.relpath(path, store.root).replace(os.sep, '/')
        if self.missing == 'uniform' and not store.path(name).exists():
            self._warn_or_raise(MapError(f"no map '{store.path(name)}'"))
            return None
        maps = store.read(name)
        if len(maps) != self.num_groups:
            raise MapError(
                f"the map '{store.path(name)}' has {len(maps)} groups, not "
                f'{self.num_groups}: set num_groups of LoadSemantic and '
                'num_classes of the generator, or use another source'
            )
        return maps

    def _warn_or_raise(self, error: MapError) -> None:
        if self.missing == 'error':
            raise error
        if not self._warned:
            self._warned = True
            warnings.warn(
                f'{error}. Images without a map get the uniform map '
                f'(1/{self.num_groups} for each group)',
                stacklevel=2,
            )

    def __repr__(self) -> str:
        return (
            f'{type(self).__name__}(keys={self.keys}, source={self.source!r}, '
            f'num_groups={self.num_groups}, missing={self.missing!r})'
        )
