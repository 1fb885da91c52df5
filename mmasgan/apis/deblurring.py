"""Deblurring of arrays and files of any size."""

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
        image: RGB image, (H, W, 3), uint8 or uint16, H and W at least 16.
        in_strips: Whether to use strips, see :class:`TorchBackend`.
        precision: Data type of the computation, see :class:`TorchBackend`.

    Returns:
        Deblurred image of the same shape and dtype.

    Raises:
        MemoryError: If it does not fit into the memory.
        TypeError: If the image has a wrong dtype.
        ValueError: If the image is not RGB or too small, or the precision is
            unknown.
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
    """Deblur photographs and videos, as ``mmasgan deblur``.

    See docs/deblur.md for what is preserved. All output names are checked
    before anything is written, and files are written atomically.

    Args:
        generator: Generator, see :func:`~mmasgan.apis.load_generator`.
        images: Paths of files and folders, with subfolders, and patterns such
            as ``'in/*.jpg'``.
        out: Output folder, or output file for one input.
        overwrite: Whether to replace existing files; inputs are never
            replaced.
        precision: Data type of the computation, see :class:`TorchBackend`.
        tile: Use of strips, see :func:`fallback_backend`.

    Returns:
        Written files, and the errors of others.

    Raises:
        OSError: If a result exists, would replace an input, or cannot be
            written.
        ValueError: If there is no photograph, or two results have the same
            name.
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
    """Return a function that reads the semantic map of a photograph.

    Returns:
        Function of the path of a photograph, relative to its input folder,
        and its height and width, that returns a map (K, H, W).

    Raises:
        FileNotFoundError: If the folder does not exist.
    """
    prior = DiskPrior(folder)

    def read(inner: Path, size: tuple[int, int]) -> np.ndarray:
        # DiskPrior only uses the name of the image.
        maps = prior.segment(np.empty((0, 0, 3), np.uint8), inner.as_posix())
        return resize_by_area(maps, size)

    return read
