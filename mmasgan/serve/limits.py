"""Limits of the server, and refusals."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import isfinite
from threading import Lock
from typing import Any

__all__ = ['Counted', 'Limits', 'RefusedError', 'Room']


def _limit(default: float, words: str) -> Any:
    return field(default=default, metadata={'help': words})


@dataclass(frozen=True)
class Limits:
    """Limits of size, number and time, the options of ``mmasgan serve``."""

    megabytes: float = _limit(50, 'Size of an uploaded file.')
    megapixels: float = _limit(40, 'Size of a photograph.')
    files: int = _limit(20, 'Number of photographs in a batch.')
    concurrency: int = _limit(1, 'Photographs deblurred at the same time.')
    queue: int = _limit(64, 'Number of waiting requests.')
    per_client: int = _limit(16, 'Number of waiting requests of one client.')
    seconds: float = _limit(600, 'Processing time of a photograph.')
    total_megabytes: float = _limit(4000, 'Size of all files of visitors.')

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not (value > 0 and isfinite(value)):
                raise ValueError(f'{name} must be positive, got {value}')

    @property
    def bytes(self) -> int:
        """Size of an uploaded file."""
        return int(self.megabytes * 1e6)

    @property
    def total_bytes(self) -> int:
        """Size of all files of visitors."""
        return int(self.total_megabytes * 1e6)


class RefusedError(ValueError):
    """Refused request, with a message for the client."""

    def __init__(
        self,
        message: str,
        status: int = 400,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers or {}


class Room:
    """Limit on the bytes of all requests together."""

    def __init__(self, total: int, what: str) -> None:
        self.total = total
        self.what = what
        self._taken = 0
        self._lock = Lock()

    @contextmanager
    def take(self, size: int, used: int = 0) -> Iterator[None]:
        """Reserve bytes for the duration of a context.

        Args:
            size: Number of bytes.
            used: Number of bytes in use that were not reserved here.

        Raises:
            RefusedError: If there are not enough bytes left.
        """
        with self._lock:
            if used + self._taken + size > self.total:
                raise RefusedError(
                    f'{self.what} of this server is full; try again later', 503
                )
            self._taken += size
        try:
            yield
        finally:
            with self._lock:
                self._taken -= size


class Counted:
    """Limit on the number of open requests of one kind."""

    def __init__(self, most: int, per_client: int, what: str) -> None:
        self.most = most
        self.per_client = per_client
        self.what = what
        self._clients: Counter[str] = Counter()
        self._lock = Lock()

    def __len__(self) -> int:
        return self._clients.total()

    @property
    def is_full(self) -> bool:
        """Whether the maximum is reached."""
        return len(self) >= self.most

    @contextmanager
    def one(self, client: str | None) -> Iterator[None]:
        """Count a request for the duration of a context.

        Without a client, there is no limit per client.

        Raises:
            RefusedError: If a maximum is reached.
        """
        key = client or ''
        with self._lock:
            if self.is_full:
                raise RefusedError(
                    f'too many {self.what} are waiting; try again later', 503
                )
            if client and self._clients[key] >= self.per_client:
                raise RefusedError(
                    f'too many of your {self.what} are waiting; try again '
                    'when some are done',
                    503,
                )
            self._clients[key] += 1
        try:
            yield
        finally:
            with self._lock:
                self._clients[key] -= 1
                self._clients += Counter()  # drops zeros
