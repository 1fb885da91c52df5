"""Sessions of the page that wait for results."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

__all__ = ['Listeners']

GRACE = 5  # seconds until a stream must have been opened


class Listeners:
    """Sessions of the page with an open stream of events."""

    def __init__(self) -> None:
        self._open: Counter[str] = Counter()
        self._left: set[str] = set()

    @contextmanager
    def listen(self, session: str) -> Iterator[None]:
        """Register a session for the duration of a context."""
        self._open[session] += 1
        try:
            yield
        finally:
            self._open[session] -= 1
            self._open += Counter()  # drops zeros
            if session not in self._open:
                self._left.discard(session)

    def __contains__(self, session: str) -> bool:
        return session in self._open

    def leave(self, session: str | None) -> None:
        """Stop the work of a session until it opens another stream."""
        if session is not None and session in self:
            self._left.add(session)

    def gone(self, session: str | None) -> Callable[[], bool]:
        """Return a function that returns whether a session has left.

        The session None never leaves.
        """
        start = monotonic()

        def is_gone() -> bool:
            if session is None or session in self._left:
                return session is not None
            return not self._open[session] and monotonic() - start > GRACE

        return is_gone
