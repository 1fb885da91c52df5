"""PyTorch backend that falls back to strips and the CPU."""

import copy
from collections.abc import Callable
from functools import cache

import numpy as np
from torch import nn

from ...generators.strips import has_strips
from .fallback import Attempt, FallbackBackend
from .torch_backend import TorchBackend

__all__ = ['TILES', 'fallback_backend']

TILES = ('auto', 'whole', 'tiles')


def fallback_backend(
    generator: nn.Module,
    precision: str = 'float32',
    tile: str = 'auto',
    say: Callable[[str], None] = lambda text: None,
) -> FallbackBackend:
    """Return a backend that falls back to strips, then to the CPU.

    On a GPU, a failed attempt shows that memory is short. On the CPU, the
    needed memory is compared with the free memory.

    Args:
        generator: Generator on the device to use.
        precision: Data type of the computation, see :class:`TorchBackend`.
        tile: ``'auto'``; or ``'whole'`` or ``'tiles'`` (strips, equal to the
            whole image within a grey level) without fallback.
        say: Function that prints a message for each fallback.

    Raises:
        ValueError: If ``precision`` or ``tile`` is unknown.
    """
    if tile not in TILES:
        raise ValueError(f'tile must be one of {TILES}, got {tile!r}')
    ways = {'auto': (False, True), 'whole': (False,), 'tiles': (True,)}[tile]
    if tile == 'auto' and not has_strips(generator):
        ways = (False,)
    backends = [TorchBackend(generator, precision, way) for way in ways]
    if backends[0].computed_in != backends[0].precision:
        say(
            f'this processor has no instructions for {precision}; using '
            'float32, which is faster and takes less memory'
        )
    device = next(generator.parameters()).device
    if device.type == 'cpu':
        return FallbackBackend([_on_cpu(each) for each in backends], say)
    attempts = [
        Attempt(f'{_way(each)} on {device}', each) for each in backends
    ]
    if tile == 'auto':
        attempts += [_on_cpu(each) for each in backends]
    return FallbackBackend(attempts, say)


def _on_cpu(backend: TorchBackend) -> Attempt:
    """Return an attempt on the CPU, for a generator on any device."""

    @cache
    def moved() -> TorchBackend:
        generator = backend.generator
        if next(generator.parameters()).device.type != 'cpu':
            generator = copy.deepcopy(generator).cpu()
        return TorchBackend(generator, backend.precision, backend.in_strips)

    def run(
        image: np.ndarray, semantic: np.ndarray | None = None
    ) -> np.ndarray:
        return moved()(image, semantic)

    def needed(height: int, width: int) -> int:
        return moved().bytes_needed(height, width)

    return Attempt(f'{_way(backend)} on the CPU', run, needed)


def _way(backend: TorchBackend) -> str:
    return 'in strips' if backend.in_strips else 'as a whole'
