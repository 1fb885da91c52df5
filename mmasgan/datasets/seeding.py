"""Random numbers that depend only on a seed and a position.

A resumed run, or one with another number of workers, has the same random
numbers without replaying earlier ones.
"""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

import numpy as np
import torch

__all__ = ['checked_seed', 'permutation', 'random_state', 'seeded']


def checked_seed(seed: int | None) -> int:
    """Return ``seed``, or PyTorch's initial seed if it is None.

    MMEngine's runner passes ``randomness.seed`` to PyTorch before it builds
    the data sets.

    Raises:
        TypeError: If the seed is not an integer.
        ValueError: If the seed is negative.
    """
    if seed is None:
        return torch.initial_seed()
    if not isinstance(seed, int) or isinstance(seed, bool):
        raise TypeError(f'seed must be an integer or None, got {seed!r}')
    if seed < 0:
        raise ValueError(f'seed must not be negative, got {seed}')
    return seed


def random_state(*key: int) -> np.random.RandomState:
    """Return a random number generator for a key.

    ``RandomState`` has the same streams in all versions of NumPy.

    Args:
        *key: Non-negative integers, such as a seed and an epoch.
    """
    source = np.random.MT19937(np.random.SeedSequence(list(key)))
    return np.random.RandomState(source)


# Three streams (sampler, blur, sharp) of two epochs, because workers prefetch
# samples of the next epoch.
@lru_cache(maxsize=6)
def permutation(size: int, *key: int) -> np.ndarray:
    """Return a permutation of ``range(size)`` for a key.

    Args:
        size: Number of elements.
        *key: Key of the random numbers, see :func:`random_state`.

    Returns:
        Read-only array of shape (size,), int64.
    """
    order = random_state(*key).permutation(size)
    order.flags.writeable = False
    return order


@contextmanager
def seeded(seed: int, index: int) -> Iterator[None]:
    """Seed ``random``, NumPy and PyTorch (CPU), and restore them afterwards.

    This makes any transform of MMagic a function of seed and index.
    """
    before = random.getstate(), np.random.get_state(), torch.get_rng_state()
    words = np.random.SeedSequence([seed, index]).generate_state(6)
    random.seed(int(words[0]) << 32 | int(words[1]))
    np.random.seed(words[2:4])
    torch.default_generator.manual_seed(int(words[4]) << 32 | int(words[5]))
    try:
        yield
    finally:
        random.setstate(before[0])
        np.random.set_state(before[1])
        torch.set_rng_state(before[2])
