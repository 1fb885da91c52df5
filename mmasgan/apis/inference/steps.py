"""How far a photograph is, as told by what works on it.

The model is called through layers that need not know of progress: what asked
for it listens, what computes reports, both in one thread.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

__all__ = ['is_heard', 'listening', 'part_of_steps', 'report']

Listener = Callable[[float], None]

_listener: ContextVar[Listener | None] = ContextVar('listener', default=None)


@contextmanager
def listening(tell: Listener | None) -> Iterator[None]:
    """Have the steps of a block told.

    Args:
        tell: Takes the share that is done, from 0 to 1. What it raises ends
            the work. None tells nobody.
    """
    token = _listener.set(tell)
    try:
        yield
    finally:
        _listener.reset(token)


@contextmanager
def part_of_steps(number: int, count: int) -> Iterator[None]:
    """Make what a block reports one part of several.

    Args:
        number: Index of the part.
        count: Number of parts, which take about equal time.
    """
    whole = _listener.get()
    tell = whole and (lambda share: whole((number + share) / count))
    with listening(tell):
        yield


def is_heard() -> bool:
    """Return whether anyone listens."""
    return _listener.get() is not None


def report(share: float) -> None:
    """Tell whoever listens how much is done.

    Args:
        share: Finished fraction, from 0 to 1; smaller after a restart.
    """
    tell = _listener.get()
    if tell is not None:
        tell(min(max(share, 0.0), 1.0))
