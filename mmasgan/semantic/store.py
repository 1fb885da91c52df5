"""Semantic maps on disk, beside the images that they belong to.

The maps of a source lie in ``<data_root>/semantic/<source>-<hash>``, where
the hash is of its config and weights. The map of ``train/a/000001.png`` is
``train/a/000001.png.npz`` there, with one array ``map``, (K, h, w), 8-bit,
whose K values sum to 255 at each pixel. ``source.json`` says what made them.
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
TOLERANCE = 0.03  # what rounding 150 probabilities to float16 may leave


class MapError(ValueError):
    """A map that is missing, damaged or does not fit; it names the file."""


class MapStore:
    """The maps of one source.

    Args:
        folder: ``<data_root>/semantic/<source>-<hash>``.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder)
        self.root = self.folder.parent.parent

    def source(self) -> dict[str, Any]:
        """Return what ``source.json`` says; empty where there is none."""
        path = self.folder / SOURCE_FILE
        try:
            if is_special(path):
                raise ValueError('it is a pipe or device, and not a file')
            found = json.loads(path.read_text(encoding='utf-8'))
            if not isinstance(found, dict):
                raise ValueError('it is no JSON object')
            return found
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, RecursionError) as error:
            raise MapError(
                f"'{path}' is damaged ({error}); delete it and run "
                '`mmasgan priors` again'
            ) from error

    def write_source(self, source: dict[str, Any]) -> None:
        """Write ``source.json``, whole or not at all."""
        text = json.dumps(source, indent=2, ensure_ascii=False) + '\n'
        write_atomically(self.folder / SOURCE_FILE, text.encode(), sync=True)

    def path(self, name: str) -> Path:
        """Return the file of a map.

        Args:
            name: Path of the image relative to the data.
        """
        return self.folder / f'{name}.npz'

    def write(self, name: str, maps: np.ndarray) -> None:
        """Write a map, whole or not at all.

        A process that is killed meanwhile leaves a small temporary file.

        Args:
            name: Path of the image relative to the data.
            maps: Probabilities, (K, h, w), with sum 1 at each pixel.
        """
        content = io.BytesIO()
        np.savez_compressed(content, map=to_8_bits(maps))
        write_atomically(self.path(name), content.getbuffer(), sync=True)

    def read(self, name: str) -> np.ndarray:
        """Read a map.

        Args:
            name: Path of the image relative to the data.

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
                f"there is no map '{path}'; make it with {self.command()}"
            ) from error
        except MapError as error:
            raise MapError(
                f'{error}; make it again with {self.command()}'
            ) from error

    def command(self) -> str:
        """Return the command that makes what is missing."""
        options = self.source().get('options') or ['--source', '...']
        return f'`mmasgan priors {shlex.join([str(self.root), *options])}`'


def read_map(path: str | os.PathLike[str]) -> np.ndarray:
    """Read a map that this or another program has written.

    Args:
        path: ``.npy``, or ``.npz`` with one array: (K, h, w), 8-bit, where
            255 stands for 1, or floating point.

    Returns:
        Probabilities, (K, h, w), float32, with sum 1 at each pixel.

    Raises:
        FileNotFoundError: If there is no such file.
        MapError: If it is damaged, or holds no probabilities.
    """
    try:
        _check_map_file(Path(path))
        # Pickles would run code, and are refused.
        content = np.load(path, allow_pickle=False)
        if isinstance(content, np.lib.npyio.NpzFile):
            with content:
                (key,) = content.files
                content = content[key]
    except FileNotFoundError:
        raise
    # NumPy raises whatever its parsers do on damaged files.
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
    # Written so that NaN fails too.
    if not (maps.size and maps.min() >= 0 and abs(sums - 1).max() < TOLERANCE):
        raise MapError(
            f"the map '{path}' holds no probabilities that sum to 1"
        )
    return maps / sums


def _check_map_file(path: Path) -> None:
    """Refuse what would be waited for, or unpacks to more than memory."""
    if is_special(path):
        raise ValueError('it is a pipe or device, and not a file')
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            size = sum(info.file_size for info in archive.infolist())
        if size > LARGEST:
            raise ValueError(f'it unpacks to {size} bytes')


def to_8_bits(maps: np.ndarray) -> np.ndarray:
    """Round probabilities so that they sum to 255 at each pixel.

    Those whose fraction is largest are rounded up, which keeps each within
    1/255 of its value.

    Args:
        maps: (K, h, w), with sum 1 at each pixel.

    Returns:
        (K, h, w), uint8.
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

    Looks for ``semantic/<source>`` beside the folder and all above it.

    Args:
        folder: Absolute path of the folder of an image.
        source: Name of the maps' folder, with or without hash. None takes
            the only one there is.

    Raises:
        MapError: If there is no such source, or more than one.
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
            f'name one of {names} as source, or run `mmasgan priors {root}`'
        )
    raise MapError(
        f"there are no semantic maps of the images in '{folder}': make them "
        'with `mmasgan priors DATA`, where DATA is the folder of the data set'
    )
