"""What the processor is good at."""

from functools import cache

import torch

__all__ = ['has_instructions']


@cache
def has_instructions(precision: str) -> bool:
    """Return whether PyTorch has fast convolutions for a precision on the CPU.

    Without them, half precision takes many times as long as float32, and many
    times the memory.

    Args:
        precision: ``'float32'``, ``'bfloat16'`` or ``'float16'``.

    Returns:
        True for float32, which all processors are good at.
    """
    name = {'bfloat16': 'bf16', 'float16': 'fp16'}.get(precision)
    if name is None:
        return True
    told = getattr(torch.ops.mkldnn, f'_is_mkldnn_{name}_supported', None)
    return told is not None and bool(told())
