"""The machine of a measurement, and its peak performance."""

import os
import platform
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path

import torch
from mmengine.device import get_device
from torch.utils.flop_counter import FlopCounterMode

from mmasgan.utils.cpu import has_instructions

from .turns import Job

__all__ = [
    'describe_machine',
    'matrix_product',
    'precisions',
    'products',
    'rated',
]

PACKAGES = ('torch', 'numpy', 'pillow', 'mmagic', 'mmengine')


def describe_machine() -> dict[str, str | int]:
    """Return processor, number of threads, GPU and versions."""
    machine: dict[str, str | int] = {
        'processor': _processor(),
        'cores': os.cpu_count() or 0,
        'threads': torch.get_num_threads(),
        'gpu': _gpu(),
        'precisions': ', '.join(precisions()),
        'python': platform.python_version(),
    }
    return machine | {name: version(name) for name in PACKAGES}


def precisions() -> tuple[str, ...]:
    """Return the precisions to measure; bfloat16 only if it is faster."""
    if torch.device(get_device()).type == 'cpu' and not has_instructions(
        'bfloat16'
    ):
        return ('float32',)
    return ('float32', 'bfloat16')


def matrix_product(
    dtype: torch.dtype, device: str, side: int | None = None
) -> Job:
    """Return the reference of all other jobs: a large matrix product.

    Args:
        dtype: Type of the matrices.
        device: Device of the matrices.
        side: Side of the square matrices; None for 2048 on a CPU and 8192
            on a GPU.
    """
    side = side or (2048 if device == 'cpu' else 8192)
    left, right = (
        torch.randn(side, side, device=device).to(dtype) for _ in range(2)
    )
    name = f'matrix product, {str(dtype).removeprefix("torch.")}'
    return Job(name, lambda _: left @ right, flops=2.0 * side**3)


def products() -> dict[str, Job]:
    """Return :func:`matrix_product` for each precision, on this device."""
    device = torch.device(get_device()).type
    return {
        name: matrix_product(getattr(torch, name), device)
        for name in precisions()
    }


def rated(
    name: str, call: Callable[[int], object], machine: Mapping[str, Job]
) -> Job:
    """Create a job and count its operations, by calling it once.

    PyTorch's counter cannot follow a gradient penalty.

    Args:
        name: Name of the job; its last word is the precision.
        call: Measured function, see :class:`Job`.
        machine: Result of :func:`products`.
    """
    with FlopCounterMode(display=False) as counter:
        call(0)
    reference = machine[name.rpartition(' ')[2]].name
    return Job(name, call, counter.get_total_flops(), reference)


def _processor() -> str:
    path = Path('/proc/cpuinfo')
    if path.exists():
        for line in path.read_text(encoding='utf-8').splitlines():
            if line.startswith('model name'):
                return line.partition(':')[2].strip()
    return platform.processor() or platform.machine()


def _gpu() -> str:
    if not torch.cuda.is_available():
        return 'none'
    return torch.cuda.get_device_name()
