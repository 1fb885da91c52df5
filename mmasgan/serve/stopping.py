"""Graceful shutdown."""

import asyncio
from collections.abc import Callable
from time import monotonic
from types import FrameType

import uvicorn

__all__ = ['StoppableServer', 'Stopping']

LAST_WORDS = 0.3  # seconds to send the responses of stopped work


class Stopping:
    """State of the shutdown."""

    def __init__(self) -> None:
        self.has_begun = False
        self.streams_end = asyncio.Event()


class StoppableServer(uvicorn.Server):
    """Server that finishes running work for a limited time.

    A second signal ends it at once.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        stopping: Stopping,
        grace: float,
        is_busy: Callable[[], bool],
        stop_work: Callable[[], None],
    ) -> None:
        super().__init__(config)
        self.stopping = stopping
        self.grace = grace
        self.is_busy = is_busy
        self.stop_work = stop_work
        self._end: float | None = None

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin the shutdown, or end it."""
        is_first = not self.stopping.has_begun
        self.stopping.has_begun = True
        super().handle_exit(sig, frame)
        if is_first:
            self._end = monotonic() + self.grace
            self.should_exit = False

    async def on_tick(self, counter: int) -> bool:
        """Check ten times per second whether to stop."""
        if self._end is not None and (
            not self.is_busy() or monotonic() > self._end
        ):
            self._end = None
            self.stop_work()
            await asyncio.sleep(LAST_WORDS)
            self.stopping.streams_end.set()
            self.should_exit = True
        return await super().on_tick(counter)
