"""Semantic maps written by another program."""

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
    """Read existing semantic maps of any size.

    The map of ``train/a/000001.png`` is ``<folder>/train/a/000001.npy`` or
    ``.npz`` (with one array), or ``000001.png.npy``. It is an array
    (C, h, w), 8-bit with 255 for 1, or floating point. Sums with rounding
    errors are normalised.

    Config: ``dict(type='DiskPrior', folder='maps', classes='ade20k')``

    Args:
        folder: Folder of the maps.
        classes: Class table, see :class:`Prior`.

    Raises:
        FileNotFoundError: If the folder does not exist.
        MapError: If the map of an image is missing or damaged.
    """

    def __init__(
        self, folder: str | PathLike[str], classes: Classes = 'outdoor'
    ) -> None:
        super().__init__(classes)
        self.folder = Path(folder)
        if not self.folder.is_dir():
            raise FileNotFoundError(f"there is no folder '{self.folder}'")

    def segment(self, image: np.ndarray, name: str) -> np.ndarray:
        """Read class probabilities; see :class:`Prior`."""
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
        """Return the name of the folder; see :class:`Prior`."""
        return {'folder': self.folder.name}

    def weights_hash(self) -> str:
        """Return a digest of the names and contents of all maps."""
        digest = hashlib.sha256()
        for path in sorted(self.folder.rglob('*')):
            if path.suffix in SUFFIXES:
                name = path.relative_to(self.folder).as_posix()
                digest.update(f'{name} {file_sha256(path)}\n'.encode())
        return digest.hexdigest()
