"""Deblurring of an image in one call."""

import os
from functools import lru_cache

import numpy as np
import torch

from ..io.image.photo import warn_of
from ..io.image.reader import read_photo
from .inference import deblur_pixels
from .inference.torch_backend import TorchBackend
from .pretrained import load_generator

__all__ = ['deblur']


def deblur(
    image: np.ndarray | str | os.PathLike[str],
    weights: str | os.PathLike[str] | None = None,
    device: str | None = None,
    precision: str = 'float32',
    strength: float = 1.0,
    self_ensemble: bool = False,
) -> np.ndarray:
    """Deblur an image; the model stays loaded for the next call.

    ::

        sharper = deblur('photo.jpg')

    Args:
        image: RGB image, (H, W, 3), uint8 or uint16, H and W at least 16, or
            path of a photograph, which is rotated upright.
        weights: Weights of the model, see :func:`load_generator`.
        device: Device of the model. None means a GPU if available.
        precision: Data type of the computation, see :class:`TorchBackend`.
        strength: Fraction of the change to apply, see
            :func:`~mmasgan.apis.inference.deblur_pixels`.
        self_ensemble: Whether to average eight passes, see
            :func:`~mmasgan.apis.inference.deblur_pixels`.

    Returns:
        Deblurred RGB image of the same shape and dtype.

    Raises:
        MemoryError: If it does not fit into the memory.
        OSError: If the weights do not exist.
        TypeError: If an array has a wrong dtype.
        ValueError: If a file cannot be read, or an argument is invalid.
    """
    if not isinstance(image, np.ndarray):
        photo = read_photo(image)
        warn_of(os.fspath(image), photo.notes)
        image = photo.pixels
    if device is None:
        device = 'cuda' if torch.cuda.is_available() else 'cpu'
    name = None if weights is None else os.fspath(weights)
    backend = _backend(name, _changed(name), device, precision)
    return deblur_pixels(backend, image, None, strength, self_ensemble)


@lru_cache(maxsize=1)
def _backend(
    weights: str | None, changed: float, device: str, precision: str
) -> TorchBackend:
    return TorchBackend(load_generator(weights, device), precision)


def _changed(path: str | None) -> float:
    """Return the modification time of a file, or 0."""
    if path is None or not os.path.isfile(path):
        return 0
    return os.stat(path).st_mtime_ns
