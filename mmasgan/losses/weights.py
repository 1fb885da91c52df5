"""Reading pre-trained weights."""

import pickle
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import torch
from mmengine.dist import barrier, is_main_process
from torch import Tensor

__all__ = ['main_process_first', 'read_tensors', 'select_tensors']


@contextmanager
def main_process_first() -> Iterator[None]:
    """Let the main process go first, so that a download happens once."""
    if not is_main_process():
        barrier()
    try:
        yield
    finally:  # else the others would wait for ever
        if is_main_process():
            barrier()


def read_tensors(path: str) -> Mapping[str, Tensor]:
    """Read a file of tensors by name, and run no code in it.

    Args:
        path: A file as ``torch.save`` writes it.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it holds anything else.
    """
    if not Path(path).is_file():
        raise FileNotFoundError(
            f'weights={path!r}: no such file, and not the name of a source; '
            'give None for random weights'
        )
    try:
        state_dict = torch.load(path, map_location='cpu', weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError) as error:
        raise ValueError(
            f'{path} cannot be read as a file of tensors, and nothing else '
            f'is loaded: {error}'
        ) from error
    if not isinstance(state_dict, Mapping):
        raise ValueError(
            f'{path} holds a {type(state_dict).__name__}, expected a dict of '
            'tensors'
        )
    return state_dict


def select_tensors(
    found: Mapping[str, Tensor], wanted: Mapping[str, Tensor], what: str
) -> dict[str, Tensor]:
    """Take the tensors that a module needs, and check each.

    Args:
        found: What was read.
        wanted: Tensors of the shapes needed, by name.
        what: For the message: where it was looked, and for what.

    Returns:
        The tensors of ``found`` that ``wanted`` names.

    Raises:
        ValueError: If a tensor is missing or has another shape.
    """
    for name, value in wanted.items():
        tensor = found.get(name)
        if tensor is None:
            problem = 'is missing'
        elif not isinstance(tensor, Tensor):
            problem = f'is a {type(tensor).__name__}'
        elif tensor.shape != value.shape:
            problem = f'is {tuple(tensor.shape)}'
        else:
            continue
        raise ValueError(
            f'{what}: {name} should be {tuple(value.shape)}, {problem}'
        )
    return {name: found[name] for name in wanted}
