"""Images kept uncompressed, so that a crop reads its own rows only."""

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
    """Images as ``.npy`` files in the folders of the data set itself.

    ``<data_root>/train/a/blur/1.png`` is kept as
    ``<store>/train/a/blur/1.png.npy``, RGB, (H, W, 3), uint8. What is read
    is a memory map: a crop of 256x256 out of 1280x720 takes a third of the
    file from the disk, and nothing is decoded. ``mmasgan prepare`` makes
    stores; one that it did not finish is refused.

    Args:
        folder: The store.

    Raises:
        FileNotFoundError: If there is no finished store.
        ValueError: If its manifest is damaged or of another version.
    """

    def __init__(self, folder: str | PathLike[str]) -> None:
        self.folder = Path(folder)
        manifest = read_manifest(self.folder)
        if manifest is None:
            raise FileNotFoundError(
                f"'{self.folder}' holds no finished store of images; run "
                "'mmasgan prepare' (again) to have it made, or set "
                'store=None'
            )
        self.data_root = _data_root(self.folder, manifest)

    def read(self, path: str) -> np.ndarray:
        """Map an image into memory.

        Args:
            path: The image file that was stored, as the data set names it.

        Returns:
            RGB image of shape (H, W, 3), uint8. It may be written to, which
            leaves the store alone.

        Raises:
            ImageReadError: If the store lacks the image or holds it damaged.
        """
        place = stored_path(self.folder, os.path.relpath(path, self.data_root))
        try:
            # Pages that are written to become private.
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
            problem = f'it holds {image.dtype} {image.shape}'
            raise _damaged(place, problem, path)
        return np.asarray(image)


def read_manifest(folder: Path) -> dict | None:
    """Read what a finished store says of itself.

    Args:
        folder: The store.

    Returns:
        ``data_root``, relative to the store, and ``images``; None if there
        is no finished store.

    Raises:
        ValueError: If there is something else.
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
    """Return where a store keeps an image.

    Args:
        folder: The store.
        name: Path of the image relative to the data set's root.
    """
    # The suffix stays, since 1.png and 1.jpg are two images.
    return folder / f'{name}.npy'


def _data_root(folder: Path, manifest: dict) -> str:
    # Relative, so that data set and store may move together.
    return os.path.normpath(
        os.path.join(os.path.abspath(folder), manifest['data_root'])
    )


def _damaged(place: Path, cause: object, path: str) -> ImageReadError:
    return ImageReadError(
        f"'{place}' in the store is damaged or truncated ({cause}); run "
        "'mmasgan prepare' again, which finds and mends it",
        path,
    )
