"""Tensors of published files, which hold no code."""

import os
from pathlib import Path

from safetensors import safe_open
from torch import Tensor, nn

from .model_index import find_weights

__all__ = ['load_published', 'read_published', 'read_safe_tensors']


def read_published(weights: str | os.PathLike[str]) -> dict[str, Tensor]:
    """Read a published network.

    Args:
        weights: A safetensors file, or the name of a published model.

    Returns:
        Its tensors by name, in float32.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is no safetensors file.
    """
    tensors, _ = read_safe_tensors(find_weights(weights))
    return {name: value.float() for name, value in tensors.items()}


def read_safe_tensors(
    path: str | os.PathLike[str],
) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Read a safetensors file, whatever is in it.

    Args:
        path: The file.

    Returns:
        Its tensors by name, and its metadata.

    Raises:
        FileNotFoundError: If there is no such file.
        PermissionError: If it cannot be read.
        ValueError: If it is damaged, or of another kind.
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
    # A header may name sizes and types that torch has no room or word for.
    except Exception as error:
        raise ValueError(
            f"'{path}' is not a safetensors file, or damaged: {error}"
        ) from error


def load_published(
    network: nn.Module, weights: str | os.PathLike[str]
) -> None:
    """Load a published network into one of the same sizes.

    Args:
        network: What is loaded into.
        weights: See :func:`read_published`.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it holds something else.
    """
    try:
        network.load_state_dict(read_published(weights))
    except RuntimeError as error:
        raise ValueError(
            f'weights={str(weights)!r} do not fit {type(network).__name__} of '
            f'this config: {error}'
        ) from error
