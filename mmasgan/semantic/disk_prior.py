"""Semantic maps that another program has computed."""

import hashlib
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from ..registry import PRIORS
from ..utils.hashing import file_sha256
from .prior import Classes, Prior
from .store import MapError, read_map

__all__ = ['DiskPrior']

SUFFIXES = ('.npz', '.npy')


@PRIORS.register_module()
class DiskPrior(Prior):
    """Semantic maps that are there already, of any size.

    The map of ``train/a/000001.png`` is ``<folder>/train/a/000001.npy`` or
    ``.npz`` (with one array), or the same behind the whole name,
    ``000001.png.npy``: (C, h, w), either 8-bit, where 255 stands for 1, or
    floating point, such as float16. Sums are made exact where they are out
    by rounding.

    Config: ``dict(type='DiskPrior', folder='maps', classes='ade20k')``

    Args:
        folder: Folder of the maps.
        classes: Class table, see :class:`Prior`.

    Raises:
        FileNotFoundError: If there is no such folder.
        MapError: If there is no map of an image, or it is damaged.
    """

    def __init__(
        self, folder: str | PathLike[str], classes: Classes = 'outdoor'
    ) -> None:
        super().__init__(classes)
        self.folder = Path(folder)
        if not self.folder.is_dir():
            raise FileNotFoundError(f"there is no folder '{self.folder}'")

    def segment(self, image: np.ndarray, name: str) -> np.ndarray:
        """Read class probabilities, see :class:`Prior`."""
        path = self.folder / name
        for stem in (path.with_suffix(''), path):
            for suffix in SUFFIXES:
                file = stem.with_name(stem.name + suffix)
                if file.is_file():
                    return read_map(file)
        raise MapError(
            f"there is no map of '{name}' in '{self.folder}', such as "
            f"'{path.with_suffix('.npy')}'"
        )

    def config(self) -> dict[str, Any]:
        """Return the folder's name, see :class:`Prior`."""
        return {'folder': self.folder.name}

    def weights_hash(self) -> str:
        """Return a digest of the names and contents of all maps."""
        digest = hashlib.sha256()
        for path in sorted(self.folder.rglob('*')):
            if path.suffix in SUFFIXES:
                name = path.relative_to(self.folder).as_posix()
                digest.update(f'{name} {file_sha256(path)}\n'.encode())
        return digest.hexdigest()
