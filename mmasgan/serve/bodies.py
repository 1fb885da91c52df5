"""Limits on the size and speed of request bodies."""

import asyncio
from contextlib import suppress
from time import monotonic

from starlette.types import Message, Receive, Scope

from .limits import RefusedError

__all__ = ['Body']

IDLE = 20  # seconds without a byte
SLOWEST = 20_000  # bytes per second, after the first IDLE seconds
DRAINED = 100_000_000  # maximum bytes that are read of a refused body


class Body:
    """Body of a request, as an ASGI ``receive`` function."""

    def __init__(self, receive: Receive, most: int) -> None:
        self.refused: RefusedError | None = None
        self.is_gone = False
        self._receive = receive
        self._most = most
        self._size = 0
        self._start = monotonic()
        self.is_done = False

    def check(self, scope: Scope) -> None:
        """Check the declared size before the body is read.

        Raises:
            RefusedError: If it is too large or contradictory.
        """
        headers = dict(scope['headers'])
        if {b'content-length', b'transfer-encoding'} <= headers.keys():
            raise RefusedError(  # it could be longer than declared
                'send Content-Length or Transfer-Encoding, not both'
            )
        size = headers.get(b'content-length', b'0')
        if not (size.isdigit() and int(size) <= self._most):
            raise self._too_large()
        self.is_done = int(size) == 0 and b'transfer-encoding' not in headers

    async def __call__(self) -> Message:
        """Receive the next part.

        Raises:
            RefusedError: If the body is too large or too slow.
        """
        if self.is_done:
            return self._seen(await self._receive())
        now = monotonic()
        end = self._start + IDLE + self._size / SLOWEST
        try:
            message = await asyncio.wait_for(
                self._receive(), max(0, min(end - now, IDLE))
            )
        except asyncio.TimeoutError:  # another class in Python 3.10
            self.refused = RefusedError(
                'the request body arrives too slowly', 408
            )
            raise self.refused from None
        self._size += len(message.get('body', b''))
        self.is_done = not message.get('more_body', False)
        if self._size > self._most:
            self.refused = self._too_large()
            raise self.refused
        return self._seen(message)

    def _seen(self, message: Message) -> Message:
        if message['type'] == 'http.disconnect':
            self.is_gone = True
        return message

    async def drain(self, seconds: float) -> None:
        """Read and discard the rest, so that the response arrives."""

        async def rest() -> None:
            size = 0
            while size < DRAINED:
                message = await self._receive()
                if not message.get('more_body', False):
                    break
                size += len(message['body'])

        if not self.is_done:
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(rest(), seconds)

    def _too_large(self) -> RefusedError:
        return RefusedError(
            f'the request body has more than {self._most / 1e6:g} MB', 413
        )
