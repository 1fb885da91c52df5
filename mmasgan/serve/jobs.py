"""Queued work that can be stopped."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import Future, wait
from queue import SimpleQueue
from threading import Thread, local
from time import monotonic
from typing import Any, Generic, TypeVar

from .limits import RefusedError

__all__ = ['Job', 'Pool', 'StoppedError', 'check_current']

T = TypeVar('T')
POLL = 0.2  # seconds between checks for clients that have disconnected

_current = local()


def check_current(*_: Any) -> None:
    """Stop the job of this thread if it has to stop; a hook for modules.

    Raises:
        StoppedError: If the job was stopped or took too long.
    """
    job = getattr(_current, 'job', None)
    if job is not None:
        job.check()


class Pool:
    """Pool of daemon threads.

    Threads of ``concurrent.futures`` would keep the process alive until they
    finish.
    """

    def __init__(self, size: int) -> None:
        self._queue: SimpleQueue[tuple[Future, Callable[[], Any]]] = (
            SimpleQueue()
        )
        for _ in range(size):
            Thread(target=self._work, daemon=True).start()

    def submit(self, work: Callable[[], T]) -> 'Future[T]':
        """Run a function in the next free thread."""
        future: Future[T] = Future()
        self._queue.put((future, work))
        return future

    def _work(self) -> None:
        while True:
            future, work = self._queue.get()
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(work())
                except BaseException as error:  # for those who wait
                    future.set_exception(error)
            del future, work  # otherwise the last photograph stays in memory


class StoppedError(RefusedError):
    """Job that was stopped before it was done."""


class Job(Generic[T]):
    """Function that runs in a pool, and can be stopped."""

    def __init__(
        self,
        pool: Pool,
        work: Callable[['Job[T]'], T],
        seconds: float,
    ) -> None:
        self.seconds = seconds
        self.share = 0.0
        self._started: float | None = None
        self._stopped: StoppedError | None = None
        self._future: Future[T] = pool.submit(lambda: self._run(work))

    def _run(self, work: Callable[['Job[T]'], T]) -> T:
        self._started = monotonic()
        _current.job = self
        try:
            self.check()
            return work(self)
        finally:
            _current.job = None

    def check(self) -> None:
        """Raise an error if the job has to stop.

        Raises:
            StoppedError: If the job was stopped or took too long.
        """
        if self._started and monotonic() - self._started > self.seconds:
            self._stopped = StoppedError(
                f'the photograph took longer than {self.seconds:g} seconds; '
                'scale it down',
                413,
            )
        if self._stopped is not None:
            raise self._stopped

    def reached(self, share: float) -> None:
        """Set the finished fraction; raise an error if the job has to stop.

        Raises:
            StoppedError: If the job was stopped or took too long.
        """
        self.share = share
        self.check()

    @property
    def left(self) -> float | None:
        """Estimated remaining seconds; None if unknown."""
        if self._started is None or not self.share:
            return None
        return (monotonic() - self._started) * (1 / self.share - 1)

    def stop(self, error: StoppedError | None = None) -> None:
        """Stop the job at its next step, or before it starts."""
        self._stopped = error or StoppedError(
            'the client has disconnected', 499
        )
        self._future.cancel()

    def wait(
        self,
        gone: Callable[[], bool],
        tell: Callable[['Job[T]'], Any] = lambda job: None,
    ) -> T:
        """Wait for the result, and return it.

        Raises:
            StoppedError: If the job was stopped or took too long.
        """
        while not wait([self._future], POLL).done:
            self._look(gone())
            tell(self)
        return self._result()

    async def wait_async(self, gone: Callable[[], Awaitable[bool]]) -> T:
        """Wait for the result without blocking a thread, and return it.

        Raises:
            StoppedError: If the job was stopped or took too long.
        """
        future = asyncio.wrap_future(self._future)
        # Otherwise, asyncio logs that the error was never retrieved.
        future.add_done_callback(lambda f: f.cancelled() or f.exception())
        try:
            while not (await asyncio.wait([future], timeout=POLL))[0]:
                self._look(await gone())
            return self._result()
        finally:
            if not future.done():
                self.stop()

    def _result(self) -> T:
        if self._future.cancelled() and self._stopped is not None:
            raise self._stopped
        return self._future.result()

    def _look(self, is_gone: bool) -> None:
        if is_gone:
            self.stop()
        self.check()
