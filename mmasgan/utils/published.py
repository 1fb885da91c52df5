"""Reading of published safetensors files."""

import os
from pathlib import Path

from safetensors import safe_open
from torch import Tensor, nn

from .model_index import find_weights

__all__ = ['load_published', 'read_safe_tensors']


def read_safe_tensors(
    path: str | os.PathLike[str],
) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Read a safetensors file.

    Returns:
        Tensors by name, and metadata.

    Raises:
        FileNotFoundError: If the file does not exist.
        PermissionError: If it cannot be read.
        ValueError: If it is damaged or not a safetensors file.
    """
    if not Path(path).is_file():
        raise FileNotFoundError(f"'{path}' is not a file")
    try:
        with safe_open(str(path), 'pt') as file:
            names = list(file.keys())
            tensors = {name: file.get_tensor(name) for name in names}
            return tensors, file.metadata() or {}
    except PermissionError:
        raise
    # A damaged header may cause any error.
    except Exception as error:
        raise ValueError(
            f"'{path}' is not a safetensors file, or is damaged: {error}"
        ) from error


def load_published(
    network: nn.Module, weights: str | os.PathLike[str]
) -> None:
    """Load published weights into a network.

    Raises:
        FileNotFoundError: If the file does not exist.
        ValueError: If it contains other weights.
    """
    tensors, _ = read_safe_tensors(find_weights(weights))
    try:
        network.load_state_dict(tensors)
    except RuntimeError as error:
        raise ValueError(
            f'weights={str(weights)!r} do not fit {type(network).__name__} of '
            f'this config: {error}'
        ) from error
