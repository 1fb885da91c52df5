"""Store of uncompressed images, for fast reading of crops."""

import json
import os
from os import PathLike
from pathlib import Path

import numpy as np

from ..io.image.reader import ImageReadError

__all__ = ['ImageStore', 'read_manifest', 'stored_path']

MANIFEST = 'manifest.json'
MADE_BY = 'mmasgan.datasets.prepare.build_store'


class ImageStore:
    """Images as ``.npy`` files in the folder structure of the data set.

    ``<data_root>/train/a/blur/1.png`` is stored as
    ``<store>/train/a/blur/1.png.npy``, RGB, (H, W, 3), uint8. Images are read
    as memory maps, without decoding: a 256x256 crop of 1280x720 reads a third
    of the file. ``mmasgan prepare`` creates stores; incomplete ones are
    refused.

    Raises:
        FileNotFoundError: If there is no complete store.
        ValueError: If its manifest is damaged or of another version.
    """

    def __init__(self, folder: str | PathLike[str]) -> None:
        self.folder = Path(folder)
        manifest = read_manifest(self.folder)
        if manifest is None:
            raise FileNotFoundError(
                f"'{self.folder}' is not a complete store of images; run "
                "'mmasgan prepare' (again) to create it, or set store=None"
            )
        # Relative, so that data set and store can be moved together.
        self.data_root = os.path.normpath(
            os.path.join(os.path.abspath(self.folder), manifest['data_root'])
        )

    def read(self, path: str) -> np.ndarray:
        """Map an image into memory.

        Returns:
            RGB image, (H, W, 3), uint8. Writing to it does not change the
            store.

        Raises:
            ImageReadError: If the image is missing in the store or damaged.
        """
        place = stored_path(self.folder, os.path.relpath(path, self.data_root))
        try:
            # Copy on write.
            image = np.load(place, mmap_mode='c')
        except FileNotFoundError as error:
            raise ImageReadError(
                f"'{path}' is not in the store '{self.folder}', which was "
                f"made of images in '{self.data_root}'; run 'mmasgan "
                "prepare' again with the split of this run, or set "
                'store=None',
                path,
            ) from error
        except (ValueError, EOFError, OSError) as error:
            raise _damaged(place, error, path) from error
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
            problem = f'it contains {image.dtype} {image.shape}'
            raise _damaged(place, problem, path)
        return np.asarray(image)


def read_manifest(folder: Path) -> dict | None:
    """Read the manifest of a complete store.

    Returns:
        Dict with ``data_root``, relative to the store, and ``images``; None
        if there is no complete store.

    Raises:
        ValueError: If the manifest is damaged or of another version.
    """
    path = folder / MANIFEST
    try:
        manifest = json.loads(path.read_text(encoding='utf-8'))
        is_ours = manifest['made_by'] == MADE_BY and manifest['version'] == 1
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(
            f"'{path}' is damaged ({error!r}); remove the store '{folder}' "
            "and run 'mmasgan prepare' again"
        ) from error
    if not is_ours:
        raise ValueError(
            f"'{folder}' is a store of another program or version; remove "
            "it, and run 'mmasgan prepare' again"
        )
    return manifest


def stored_path(folder: Path, name: str) -> Path:
    """Return the path of an image in a store, by its path in the data set."""
    # Keep the suffix: 1.png and 1.jpg are different images.
    return folder / f'{name}.npy'


def _damaged(place: Path, cause: object, path: str) -> ImageReadError:
    return ImageReadError(
        f"'{place}' in the store is damaged or truncated ({cause}); run "
        "'mmasgan prepare' again to repair it",
        path,
    )
