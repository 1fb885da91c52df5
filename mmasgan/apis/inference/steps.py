"""Progress of the work on a photograph.

A backend reports progress to a listener of the same thread, so that the
functions in between do not have to pass it on.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

__all__ = ['is_heard', 'listening', 'part_of_steps', 'report']

Listener = Callable[[float], None]

_listener: ContextVar[Listener | None] = ContextVar('listener', default=None)


@contextmanager
def listening(tell: Listener | None) -> Iterator[None]:
    """Set the listener for a block; its exceptions stop the work."""
    token = _listener.set(tell)
    try:
        yield
    finally:
        _listener.reset(token)


@contextmanager
def part_of_steps(number: int, count: int) -> Iterator[None]:
    """Let the progress of a block count as one of several equal parts."""
    whole = _listener.get()
    tell = whole and (lambda share: whole((number + share) / count))
    with listening(tell):
        yield


def is_heard() -> bool:
    """Return whether there is a listener."""
    return _listener.get() is not None


def report(share: float) -> None:
    """Report the finished fraction, from 0 to 1; smaller after a restart."""
    tell = _listener.get()
    if tell is not None:
        tell(min(max(share, 0.0), 1.0))
