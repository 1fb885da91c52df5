"""Capabilities of the processor."""

from functools import cache

import torch

__all__ = ['has_instructions']


@cache
def has_instructions(precision: str) -> bool:
    """Return whether the CPU has fast convolutions for a data type.

    Without them, half precision is many times as slow as float32, and takes
    many times the memory.

    Args:
        precision: ``'bfloat16'`` or ``'float16'``; or ``'float32'``, for which
            the result is always True.
    """
    name = {'bfloat16': 'bf16', 'float16': 'fp16'}.get(precision)
    if name is None:
        return True
    query = getattr(torch.ops.mkldnn, f'_is_mkldnn_{name}_supported', None)
    return query is not None and bool(query())
