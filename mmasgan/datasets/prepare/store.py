"""Building and repair of a store of uncompressed images."""

import io
import json
import os
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ...io.image.reader import ImageReadError, photo_size
from ...io.image.rgb import read_rgb_image
from ...utils.atomic_files import remove_leftovers, write_atomically
from ...utils.console import progress
from ..image_store import MADE_BY, MANIFEST, read_manifest, stored_path
from .files import Journal, require_space

__all__ = ['StoreReport', 'build_store']

JOURNAL = 'journal.jsonl'


class StoreReport(NamedTuple):
    """Result of :func:`build_store`.

    Attributes:
        kept: Number of intact images that already existed.
        written: Number of written images.
        repaired: Names of existing images that were damaged or outdated.
        size: Size of all images, in bytes.
    """

    kept: int
    written: int
    repaired: tuple[str, ...]
    size: int


def build_store(
    data_root: str | os.PathLike[str],
    names: Sequence[str],
    folder: str | os.PathLike[str],
) -> StoreReport:
    """Build a store of images, each as ``.npy``.

    Existing images are compared with their checksums, and written again if
    they are damaged or their source has changed. After an interruption,
    another call continues. The manifest, which an image store needs, is
    written last.

    Raises:
        ImageReadError: If an image cannot be read.
        OSError: If the disk has too little space.
        ValueError: If ``folder`` is not a store, or a store of other data.
    """
    root, folder = Path(data_root), Path(folder)
    names = sorted(set(names))
    journal = _open(root, folder)
    known = {**journal.entries}
    found = [
        n for n in names if n in known and stored_path(folder, n).exists()
    ]
    intact = [
        name
        for name in progress(found, 'Checking the store')
        if _is_intact(root, folder, name, known[name])
    ]
    todo = sorted(set(names) - set(intact))
    needed = sum(_size(root / name) for name in todo)
    require_space(folder, needed, 'a store of uncompressed images')
    for name in progress(todo, 'Filling the store'):
        journal.add(name, **_write(root, folder, name))
    _finish(root, folder, {name: journal.entries[name] for name in names})
    for name in set(known) - set(names):
        stored_path(folder, name).unlink(missing_ok=True)
    journal.remove()
    entries = [journal.entries[name] for name in names]
    return StoreReport(
        len(intact),
        len(todo),
        tuple(name for name in todo if name in known),
        sum(entry['size'] for entry in entries),
    )


def _open(root: Path, folder: Path) -> Journal:
    manifest = read_manifest(folder)
    is_begun = manifest is not None or (folder / JOURNAL).exists()
    if not is_begun and folder.exists() and any(folder.iterdir()):
        raise ValueError(
            f"'{folder}' exists and is not a store of images; use another "
            'folder, or move it away'
        )
    journal = Journal(folder / JOURNAL)
    journal.begin()
    if manifest is not None:
        if manifest['data_root'] != _way(root, folder):
            raise ValueError(
                f"the store '{folder}' contains images of another folder "
                f"('{manifest['data_root']}' relative to it) than '{root}'; "
                'use another folder, or remove it'
            )
        journal.entries = {**manifest['images'], **journal.entries}
    remove_leftovers(folder)
    return journal


def _is_intact(root: Path, folder: Path, name: str, entry: dict) -> bool:
    source = (root / name).stat()
    if [source.st_size, source.st_mtime_ns] != entry['source']:
        return False
    content = stored_path(folder, name).read_bytes()
    return len(content) == entry['size'] and (
        zlib.crc32(content) == entry['crc32']
    )


def _size(path: Path) -> int:
    try:
        width, height = photo_size(path)
        return width * height * 3 + 128
    except ImageReadError:  # reported when it is read
        return 0


def _write(root: Path, folder: Path, name: str) -> dict[str, Any]:
    before = (root / name).stat()
    image = read_rgb_image(str(root / name))
    buffer = io.BytesIO()
    np.save(buffer, image)
    content = buffer.getvalue()
    write_atomically(stored_path(folder, name), content)
    return {
        'size': len(content),
        'crc32': zlib.crc32(content),
        'source': [before.st_size, before.st_mtime_ns],
    }


def _finish(root: Path, folder: Path, images: dict[str, dict]) -> None:
    manifest = {
        'made_by': MADE_BY,
        'version': 1,
        'data_root': _way(root, folder),
        'images': images,
    }
    content = json.dumps(manifest, indent=1) + '\n'
    write_atomically(folder / MANIFEST, content.encode())


def _way(root: Path, folder: Path) -> str:
    return Path(os.path.relpath(root, folder)).as_posix()
