"""Reading pre-trained weights."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from mmengine.dist import barrier, is_main_process
from torch import Tensor

from ..utils.tensor_file import read_tensors

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
        elif (
            tensor.layout is not torch.strided
            or tensor.is_meta
            or tensor.is_quantized
            or tensor.is_complex()
        ):
            problem = f'is of another kind ({tensor.layout}, {tensor.dtype})'
        elif tensor.shape != value.shape:
            problem = f'is {tuple(tensor.shape)}'
        else:
            continue
        raise ValueError(
            f'{what}: {name} should be {tuple(value.shape)}, {problem}'
        )
    return {name: found[name] for name in wanted}
