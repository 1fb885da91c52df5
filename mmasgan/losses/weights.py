"""Reading of pre-trained weights."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from mmengine.dist import barrier, is_main_process
from torch import Tensor

from ..utils.tensor_file import read_tensors

__all__ = ['main_process_first', 'read_tensors', 'select_tensors']


@contextmanager
def main_process_first() -> Iterator[None]:
    """Run a block in the main process first, for example a download."""
    if not is_main_process():
        barrier()
    try:
        yield
    finally:  # otherwise the other processes would wait forever
        if is_main_process():
            barrier()


def select_tensors(
    found: Mapping[str, Tensor], wanted: Mapping[str, Tensor], what: str
) -> dict[str, Tensor]:
    """Select and check the tensors that a module needs.

    Args:
        found: Tensors of a file, by name, of any shape.
        wanted: Tensors with the required names and shapes.
        what: Start of the error message, naming the file and its purpose.

    Returns:
        The tensors of ``found`` with the names of ``wanted``.

    Raises:
        ValueError: If a tensor is missing or has a wrong shape or type.
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
            problem = f'has the wrong type ({tensor.layout}, {tensor.dtype})'
        elif tensor.shape != value.shape:
            problem = f'is {tuple(tensor.shape)}'
        else:
            continue
        raise ValueError(
            f'{what}: {name} should be {tuple(value.shape)}, but {problem}'
        )
    return {name: found[name] for name in wanted}
