"""Computation of the maps of all images of a data set."""

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from mmengine.logging import print_log

from .. import __version__
from ..io.image.encoder import encode_photo
from ..io.image.files import is_special, visible_files
from ..io.image.kinds import IMAGE_SUFFIXES
from ..io.image.photo import Photo
from ..io.image.rgb import read_rgb_image
from ..utils.atomic_files import write_atomically
from ..utils.console import progress
from .overlay import legend, overlay
from .prior import Prior
from .resize import resize_by_area
from .store import FOLDER, MapError, MapStore

__all__ = ['compute_maps']

OVERLAYS = 'overlays'


def compute_maps(
    root: str | os.PathLike[str],
    prior: Prior,
    name: str,
    stride: int = 4,
    overlays: bool = False,
    options: Sequence[str] = (),
) -> MapStore:
    """Compute and store the map of each image in a folder.

    One image is in memory at a time. After an interruption, another call
    continues. Damaged maps are computed again.

    Args:
        root: Folder of the data set.
        prior: Source of the maps.
        name: Name of the source, for the folder of maps.
        stride: Size of an image relative to its map. The condition network
            has stride 4, so a smaller stride has no benefit.
        overlays: Whether to write pictures of the maps in ``overlays``, and a
            legend.
        options: Options of ``mmasgan priors``, for messages.

    Returns:
        Store of the maps.

    Raises:
        FileNotFoundError: If there is no image in ``root``.
        ValueError: If an image is damaged.
    """
    images = sorted(_images(Path(root)))
    if not images:
        raise FileNotFoundError(
            f"there is no image in '{root}'; expected the folder of a data "
            f'set, with files that end in {", ".join(IMAGE_SUFFIXES)}'
        )
    source = _describe(prior, name, stride)
    digest = hashlib.sha256(json.dumps(source, sort_keys=True).encode())
    folder = Path(root, FOLDER, f'{name}-{digest.hexdigest()[:8]}')
    store = MapStore(folder)
    # Not part of the hash, because the maps do not depend on it.
    more = {'options': list(options), 'made_by': f'mmasgan {__version__}'}
    store.write_source(source | more)
    if overlays:
        _save(folder / 'legend.png', legend(prior.groups))
    for image in progress(images, 'Computing semantic maps'):
        _compute(Path(root), image, prior, store, stride, overlays)
    return store


def _compute(
    root: Path,
    name: str,
    prior: Prior,
    store: MapStore,
    stride: int,
    overlays: bool,
) -> None:
    picture = store.folder / OVERLAYS / f'{name}.jpg'
    maps = _existing(store, name)
    if maps is not None and (picture.exists() or not overlays):
        return
    image = read_rgb_image(str(root / name))
    if maps is None:
        height, width = (-(-side // stride) for side in image.shape[:2])
        maps = resize_by_area(prior(image, name), (height, width))
        store.write(name, maps)
    if overlays:
        _save(picture, overlay(image, maps, prior.groups))


def _existing(store: MapStore, name: str) -> np.ndarray | None:
    if not store.path(name).exists():
        return None
    try:
        return store.read(name)
    except MapError as error:
        print_log(f'Computing again: {error}', logger='current', level=30)
        return None


def _describe(prior: Prior, name: str, stride: int) -> dict[str, Any]:
    table = prior.table
    return {
        'name': name,
        'type': type(prior).__name__,
        'config': prior.config(),
        'weights_sha256': prior.weights_hash(),
        'stride': stride,
        'num_groups': len(table.groups),
        'groups': list(table.groups),
        'classes': {
            # The number distinguishes classes of the same name.
            f'{number} {label}': table.groups[index]
            for number, (label, index) in enumerate(
                zip(table.classes, table.indices, strict=True)
            )
        },
    }


def _images(root: Path) -> Iterator[str]:
    """Yield the images in a folder, as relative paths."""
    for path in visible_files(root, follow_links=True):
        name = path.relative_to(root)
        if (
            name.parts[0] != FOLDER
            and path.suffix.lower() in IMAGE_SUFFIXES
            and not is_special(path)
        ):
            yield name.as_posix()


def _save(path: Path, picture: np.ndarray) -> None:
    content = encode_photo(Photo(picture), path.suffix)
    write_atomically(path, content, sync=True)
