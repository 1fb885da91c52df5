"""What a server takes, and how it refuses the rest."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import isfinite
from threading import Lock

from fastapi.responses import JSONResponse

__all__ = ['Counted', 'Limits', 'RefusedError', 'Room', 'refusal']

RETRY = '5'  # seconds, of the header Retry-After
TEMPORARY = (429, 503)


@dataclass(frozen=True)
class Limits:
    """What a visitor may ask for.

    Attributes:
        megabytes: Size of a file that is uploaded.
        megapixels: Size of a photograph.
        files: Number of photographs in a batch.
        concurrency: Photographs that are deblurred at a time.
        queue: Requests that may wait for their turn.
        per_client: Requests of one client that may wait or be served.
        seconds: Time that a photograph may take, from its turn on.
        total_megabytes: Size of everything that is kept for visitors.
    """

    megabytes: float = 50
    megapixels: float = 40
    files: int = 20
    concurrency: int = 1
    queue: int = 64
    per_client: int = 16
    seconds: float = 600
    total_megabytes: float = 4000

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not (value > 0 and isfinite(value)):
                raise ValueError(f'{name} must be positive, got {value}')

    @property
    def bytes(self) -> int:
        """The largest file."""
        return int(self.megabytes * 1e6)

    @property
    def total_bytes(self) -> int:
        """The most that is kept."""
        return int(self.total_megabytes * 1e6)


class RefusedError(ValueError):
    """A request that is not served, with what to say to the visitor.

    Args:
        message: What is wrong with it, and what to do.
        status: Status code of HTTP.
        headers: Further headers of the answer.
    """

    def __init__(
        self,
        message: str,
        status: int = 400,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers or {}


def refusal(error: RefusedError) -> JSONResponse:
    """Return the answer to a request that is refused.

    Args:
        error: The reason.
    """
    headers = {'Retry-After': RETRY} if error.status in TEMPORARY else {}
    headers |= error.headers
    return JSONResponse(dict(error=str(error)), error.status, headers)


class Room:
    """Bytes that may be taken, of all requests together.

    Args:
        total: Number of bytes.
        what: Name of the room, for messages.
    """

    def __init__(self, total: int, what: str) -> None:
        self.total = total
        self.what = what
        self._taken = 0
        self._lock = Lock()

    @contextmanager
    def take(self, size: int, used: int = 0) -> Iterator[None]:
        """Take some bytes, and give them back at the end.

        Args:
            size: Number of bytes.
            used: Bytes that others hold, beside those that are taken here.

        Raises:
            RefusedError: If there is not enough room.
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
    """Requests of a kind that may be open at a time.

    Args:
        most: Number of all.
        per_client: Number of those of one client.
        what: Name of the kind, for messages.
    """

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
        """Whether no other one is taken now."""
        return len(self) >= self.most

    @contextmanager
    def one(self, client: str | None) -> Iterator[None]:
        """Count one for as long as it is open.

        Args:
            client: Who asks; None for whom there is no limit per client.

        Raises:
            RefusedError: If there are too many.
        """
        key = client or ''
        with self._lock:
            if self.is_full:
                raise RefusedError(
                    f'too many {self.what} are waiting; try again later', 503
                )
            if client and self._clients[key] >= self.per_client:
                raise RefusedError(
                    f'too many {self.what} of yours are waiting; try again '
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
