"""Limits on the number and idle time of connections."""

import asyncio
from time import monotonic

from uvicorn.protocols.http.h11_impl import H11Protocol

from .origins import client_of

__all__ = ['Connection', 'ProxiedConnection']

HEADERS = 15  # seconds until a request must have begun


class Connection(H11Protocol):
    """Connection that can be closed while it is idle.

    If there are too many connections, the one that has been idle for longest
    is closed. If none is idle, the new one is closed.
    """

    most = 512
    per_client = 256
    connections: 'set[Connection]'  # type: ignore[assignment]
    _timer: asyncio.TimerHandle | None = None

    def connection_made(  # type: ignore[override]
        self, transport: asyncio.Transport
    ) -> None:
        """Accept a connection."""
        super().connection_made(transport)
        self.who = client_of(self.client[0] if self.client else '')
        self.idle_since = monotonic()
        self._watch()
        mine = [c for c in self.connections if c.who == self.who]
        if len(mine) > self.per_client:
            self._evict(mine)
        elif len(self.connections) > self.most:
            self._evict(list(self.connections))

    def connection_lost(self, exc: Exception | None) -> None:
        """Cancel the timer."""
        if self._timer is not None:
            self._timer.cancel()
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        """Wait for the next request for a limited time."""
        self.idle_since = monotonic()
        self._watch()
        super().on_response_complete()

    @property
    def is_idle(self) -> bool:
        """Whether no request is in progress."""
        return self.cycle is None or self.cycle.response_complete

    def close(self) -> None:
        """Close the connection at once."""
        self.connections.discard(self)
        self.transport.abort()

    def _watch(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self.loop.call_later(HEADERS, self._expire)

    def _expire(self) -> None:
        if self.is_idle:
            self.close()

    def _evict(self, those: 'list[Connection]') -> None:
        idle = [c for c in those if c.is_idle and c is not self]
        min(idle, key=lambda c: c.idle_since, default=self).close()


class ProxiedConnection(Connection):
    """Connection from a proxy, which makes all connections."""

    per_client = Connection.most
