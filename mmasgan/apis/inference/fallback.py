"""Backend that falls back to attempts that need less memory."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from .backend import Backend
from .memory import available_memory

__all__ = ['Attempt', 'FallbackBackend']

SHARE = 0.8  # fraction of free memory to use


class Attempt(NamedTuple):
    """One way to run a model.

    Attributes:
        words: Description for messages, such as ``in strips on the CPU``.
        run: Backend that raises MemoryError if memory is short.
        needed: Function of height and width that returns the needed bytes of
            main memory; None if a failed attempt is harmless, as on a GPU.
    """

    words: str
    run: Backend
    needed: Callable[[int, int], int] | None = None


class FallbackBackend:
    """Backend that runs the first attempt for which there is enough memory.

    Failed attempts are not repeated for images of the same size.
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
                self.say(f'{problem}; continuing {attempt.words}')
                self._first[height * width] = number
            problem = f'{width}x{height} pixels {attempt.words} '
            lack = _lack(attempt, height, width)
            if not lack:
                try:
                    return attempt.run(image, semantic)
                except MemoryError:
                    # Do not keep the error: its traceback refers to all
                    # tensors.
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
    return f'need about {needed / 1e9:.1f} GB, but {free / 1e9:.1f} are free'
