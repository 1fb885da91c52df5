"""A model in whatever memory there is."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from .backend import Backend
from .memory import available_memory

__all__ = ['Attempt', 'FallbackBackend']

SHARE = 0.8  # of what is free; the rest is for others


class Attempt(NamedTuple):
    """One way to run a model.

    Attributes:
        words: For messages, such as ``in strips on the CPU``.
        run: Raises MemoryError where memory is short.
        needed: Bytes of main memory for a height and a width; None where
            trying does no harm, as on a GPU.
    """

    words: str
    run: Backend
    needed: Callable[[int, int], int] | None = None


class FallbackBackend:
    """Runs a model in the first way for which there is memory.

    What did not work is not tried again for images of that size.

    Args:
        attempts: Backends to try, in this order.
        say: Is told of each fall.
    """

    def __init__(
        self, attempts: Sequence[Attempt], say: Callable[[str], None]
    ) -> None:
        self.attempts = attempts
        self.say = say
        self._first: dict[int, int] = {}

    def __call__(
        self, image: np.ndarray, semantic: np.ndarray | None = None
    ) -> np.ndarray:
        """See :class:`Backend`."""
        height, width = image.shape[:2]
        problem = ''
        start = self._first.get(height * width, 0)
        for number, attempt in enumerate(self.attempts[start:], start):
            if problem:
                self.say(f'{problem}; goes on {attempt.words}')
                self._first[height * width] = number
            problem = f'{width}x{height} pixels {attempt.words} '
            lack = _lack(attempt, height, width)
            if not lack:
                try:
                    return attempt.run(image, semantic)
                except MemoryError:
                    # Nothing of the error is kept: its traceback holds all
                    # that was computed.
                    lack = 'do not fit into the memory'
            problem += lack
        raise MemoryError(problem)


def _lack(attempt: Attempt, height: int, width: int) -> str:
    free = available_memory()
    if attempt.needed is None or free is None:
        return ''
    needed = attempt.needed(height, width)
    if needed <= SHARE * free:
        return ''
    return (
        f'need about {needed / 1e9:.1f} GB, of which {free / 1e9:.1f} are free'
    )
