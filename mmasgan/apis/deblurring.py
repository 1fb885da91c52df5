"""Deblur arrays and files, each at its own size."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from torch import nn

from ..semantic import DiskPrior
from ..semantic.resize import resize_by_area
from .inference import deblur_pixels
from .inference.plan import plan_tasks
from .inference.progress import RunProgress
from .inference.run import Deblurred, Settings, run_tasks
from .inference.torch_backend import TorchBackend
from .inference.torch_fallback import fallback_backend

__all__ = ['Deblurred', 'deblur_files', 'deblur_image', 'maps_from_disk']


def deblur_image(
    generator: nn.Module,
    image: np.ndarray,
    in_strips: bool | None = None,
    precision: str = 'float32',
) -> np.ndarray:
    """Deblur one image.

    Args:
        generator: Generator, see :func:`~mmasgan.apis.load_generator`.
        image: RGB, (H, W, 3), uint8 or uint16, both sides at least 16.
        in_strips: Whether to use strips, see :class:`TorchBackend`.
        precision: Data type of the computation, see :class:`TorchBackend`.

    Returns:
        The sharper image, of the same shape and kind.

    Raises:
        MemoryError: If it does not fit into the memory.
        TypeError: If the image is of another kind.
        ValueError: If it is not RGB, or too small, or there is no such
            precision.
    """
    backend = TorchBackend(generator, precision, in_strips)
    return deblur_pixels(backend, image)


def deblur_files(
    generator: nn.Module,
    images: Sequence[str | os.PathLike[str]],
    out: str | os.PathLike[str],
    overwrite: bool = False,
    precision: str = 'float32',
    tile: str = 'auto',
) -> Deblurred:
    """Deblur photographs and videos, as ``mmasgan deblur`` does.

    docs/deblur.md tells what is kept. Nothing is written before all names
    are known to be free, and no file before it is whole.

    Args:
        generator: Generator, see :func:`~mmasgan.apis.load_generator`.
        images: Files, folders of them of any depth, whose inner folders are
            kept, and patterns such as ``'in/*.jpg'``.
        out: Folder to write to; for one file, a file that ends like one.
        overwrite: Whether results may replace files; what is read is never
            replaced.
        precision: Data type of the computation, see :class:`TorchBackend`.
        tile: Use of strips, see :func:`fallback_backend`.

    Returns:
        What was written, and why other files were not.

    Raises:
        OSError: If a result exists, would replace an input, or cannot be
            written to where it should be.
        ValueError: If there is no photograph, or two results of one name.
    """
    notes: list[str] = []
    tasks = plan_tasks(images, out, overwrite, say=notes.append)
    with RunProgress(len(tasks)) as progress:
        for note in notes:
            progress.say(note)
        backend = fallback_backend(generator, precision, tile, progress.say)
        settings = Settings(overwrite=overwrite)
        return run_tasks(tasks, backend, settings, progress)


def maps_from_disk(
    folder: str | os.PathLike[str],
) -> Callable[[Path, tuple[int, int]], np.ndarray]:
    """Return what reads the semantic map of a photograph.

    Args:
        folder: Folder of maps, named as :class:`~mmasgan.semantic.DiskPrior` says.

    Returns:
        Takes the photograph's path below the folder that was given, and its
        height and width; gives the map (K, H, W).

    Raises:
        FileNotFoundError: If there is no such folder.
    """
    prior = DiskPrior(folder)

    def read(inner: Path, size: tuple[int, int]) -> np.ndarray:
        # It tells of the image only by its name.
        maps = prior.segment(np.empty((0, 0, 3), np.uint8), inner.as_posix())
        return resize_by_area(maps, size)

    return read
