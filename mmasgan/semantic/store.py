"""Storage of semantic maps.

The maps of a source are in ``<data_root>/semantic/<source>-<hash>``, with a
hash of its config and weights. The map of ``train/a/000001.png`` is
``train/a/000001.png.npz``, with one array ``map``, (K, h, w), 8-bit, whose K
values sum to 255 at each pixel. ``source.json`` describes the source.
"""

import io
import json
import os
import shlex
import zipfile
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from ..io.image.files import is_special
from ..utils.atomic_files import write_atomically

__all__ = ['FOLDER', 'MapError', 'MapStore', 'find_store', 'read_map']

FOLDER = 'semantic'
SOURCE_FILE = 'source.json'
LARGEST = 1 << 31  # bytes of a map
TOLERANCE = 0.03  # rounding error of 150 probabilities in float16


class MapError(ValueError):
    """A map that is missing, damaged or does not match."""


class MapStore:
    """Store of the maps of a source."""

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder)
        self.root = self.folder.parent.parent

    def source(self) -> dict[str, Any]:
        """Return the content of ``source.json``, or an empty dict."""
        path = self.folder / SOURCE_FILE
        try:
            if is_special(path):
                raise ValueError('it is a pipe or device, not a file')
            found = json.loads(path.read_text(encoding='utf-8'))
            if not isinstance(found, dict):
                raise ValueError('it is not a JSON object')
            return found
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, RecursionError) as error:
            raise MapError(
                f"'{path}' is damaged ({error}); delete it and run "
                '`mmasgan priors` again'
            ) from error

    def write_source(self, source: dict[str, Any]) -> None:
        """Write ``source.json`` atomically."""
        text = json.dumps(source, indent=2, ensure_ascii=False) + '\n'
        write_atomically(self.folder / SOURCE_FILE, text.encode(), sync=True)

    def path(self, name: str) -> Path:
        """Return the path of the map of an image."""
        return self.folder / f'{name}.npz'

    def write(self, name: str, maps: np.ndarray) -> None:
        """Write a map atomically.

        Args:
            name: Path of the image relative to the data.
            maps: Probabilities, (K, h, w), with sum 1 at each pixel.
        """
        content = io.BytesIO()
        np.savez_compressed(content, map=to_8_bits(maps))
        write_atomically(self.path(name), content.getvalue(), sync=True)

    def read(self, name: str) -> np.ndarray:
        """Read a map.

        Returns:
            Probabilities, (K, h, w), float32, with sum 1 at each pixel.

        Raises:
            MapError: If it is missing or damaged.
        """
        path = self.path(name)
        try:
            return read_map(path)
        except FileNotFoundError as error:
            raise MapError(
                f"there is no map '{path}'; create it with {self.command()}"
            ) from error
        except MapError as error:
            raise MapError(
                f'{error}; create it again with {self.command()}'
            ) from error

    def command(self) -> str:
        """Return the command that creates missing maps."""
        options = self.source().get('options') or ['--source', '...']
        return f'`mmasgan priors {shlex.join([str(self.root), *options])}`'


def read_map(path: str | os.PathLike[str]) -> np.ndarray:
    """Read a map written by this or another program.

    Args:
        path: Path of a ``.npy`` file, or of a ``.npz`` file with one array,
            (K, h, w), 8-bit with 255 for 1, or floating point.

    Returns:
        Probabilities, (K, h, w), float32, with sum 1 at each pixel.

    Raises:
        FileNotFoundError: If the file does not exist.
        MapError: If it is damaged, or does not contain probabilities.
    """
    try:
        _check_map_file(Path(path))
        # Pickles can run code.
        content = np.load(path, allow_pickle=False)
        if isinstance(content, np.lib.npyio.NpzFile):
            with content:
                (key,) = content.files
                content = content[key]
    except FileNotFoundError:
        raise
    # NumPy raises various errors for damaged files.
    except Exception as error:
        raise MapError(f"the map '{path}' is damaged ({error})") from error
    if content.ndim != 3 or not (
        content.dtype == np.uint8 or content.dtype.kind == 'f'
    ):
        raise MapError(
            f"the map '{path}' must be (K, h, w), 8-bit or floating point, "
            f'got {content.shape}, {content.dtype}'
        )
    scale = 255 if content.dtype == np.uint8 else 1
    maps = content.astype(np.float32) / scale
    sums = maps.sum(0)
    # NaN also fails this comparison.
    if not (maps.size and maps.min() >= 0 and abs(sums - 1).max() < TOLERANCE):
        raise MapError(
            f"the map '{path}' does not contain probabilities with sum 1"
        )
    return maps / sums


def _check_map_file(path: Path) -> None:
    """Refuse pipes, devices, and files that unpack to a huge size."""
    if is_special(path):
        raise ValueError('it is a pipe or device, not a file')
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            size = sum(info.file_size for info in archive.infolist())
        if size > LARGEST:
            raise ValueError(f'it unpacks to {size} bytes')


def to_8_bits(maps: np.ndarray) -> np.ndarray:
    """Round probabilities such that they sum to 255 at each pixel.

    Values with the largest fractions are rounded up. The error is below 1/255.

    Args:
        maps: Probabilities, (K, h, w), with sum 1 at each pixel.

    Returns:
        Levels, (K, h, w), uint8.
    """
    levels = maps.astype(np.float64) / maps.sum(0, dtype=np.float64) * 255
    lower = np.floor(levels + 1e-9)
    lacking = 255 - lower.sum(0)
    order = np.argsort(lower - levels, axis=0, kind='stable')
    ranks = np.argsort(order, axis=0)
    return (lower + (ranks < lacking)).astype(np.uint8)


@lru_cache(maxsize=4096)
def find_store(folder: str, source: str | None) -> MapStore:
    """Find the maps of the images in a folder.

    They are in ``semantic/<source>`` in the folder or one of its parents.

    Args:
        folder: Absolute path of the folder of an image.
        source: Name of the folder of the maps, with or without hash. None
            means the only folder.

    Raises:
        MapError: If there is no such folder, or more than one.
    """
    for root in (Path(folder), *Path(folder).parents):
        if not (root / FOLDER).is_dir():
            continue
        names = sorted(
            path.name for path in (root / FOLDER).iterdir() if path.is_dir()
        )
        fitting = [
            name
            for name in names
            if source in (None, name, name.rpartition('-')[0])
        ]
        if len(fitting) == 1:
            return MapStore(root / FOLDER / fitting[0])
        wanted = 'a source' if source is None else f'the source {source!r}'
        raise MapError(
            f"'{root / FOLDER}' has {len(fitting)} folders for {wanted}; "
            f'set source to one of {names}, or run `mmasgan priors {root}`'
        )
    raise MapError(
        f"there are no semantic maps of the images in '{folder}': create "
        'them with `mmasgan priors DATA`, with the folder of the data set'
    )
