"""Work that waits for its turn without a thread, and that can be stopped."""

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
POLL = 0.2  # seconds between looks at whether it is still wanted


_current = local()


def check_current(*_: Any) -> None:
    """End the work of this thread, if it has to end: a hook of modules.

    Raises:
        StoppedError: If it took too long or nobody waits for it.
    """
    job = getattr(_current, 'job', None)
    if job is not None:
        job.check()


class Pool:
    """Threads that take one piece of work after the other.

    Those of ``concurrent.futures`` would keep the process from ending while
    a photograph is deblurred.

    Args:
        size: Number of threads.
    """

    def __init__(self, size: int) -> None:
        self._queue: SimpleQueue[tuple[Future, Callable[[], Any]]] = (
            SimpleQueue()
        )
        for _ in range(size):
            Thread(target=self._work, daemon=True).start()

    def submit(self, work: Callable[[], T]) -> 'Future[T]':
        """Let a thread do it, once it is its turn.

        Args:
            work: What to do.
        """
        future: Future[T] = Future()
        self._queue.put((future, work))
        return future

    def _work(self) -> None:
        while True:
            future, work = self._queue.get()
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(work())
                except BaseException as error:  # the one who waits gets it
                    future.set_exception(error)
            del future, work  # else the last photograph stays in memory


class StoppedError(RefusedError):
    """Work that ended before it was done."""


class Job(Generic[T]):
    """One piece of work, which takes its turn in a pool.

    Args:
        pool: Its threads work, nothing waits in them.
        work: Called with this job; it calls :meth:`check` between steps.
        seconds: Time that it may take, from its turn on.

    Attributes:
        share: How much of it is done, from 0 to 1.
    """

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
        """End the work here if it took too long or nobody waits for it.

        Raises:
            StoppedError: If it has to end.
        """
        if self._started and monotonic() - self._started > self.seconds:
            self._stopped = StoppedError(
                f'the photograph takes longer than {self.seconds:g} seconds; '
                'scale it down',
                413,
            )
        if self._stopped is not None:
            raise self._stopped

    def reached(self, share: float) -> None:
        """Note how much is done, and end the work here if it has to end.

        Args:
            share: From 0 to 1.

        Raises:
            StoppedError: If it has to end.
        """
        self.share = share
        self.check()

    @property
    def left(self) -> float | None:
        """Seconds that the rest may take; None where nobody knows."""
        if self._started is None or not self.share:
            return None
        return (monotonic() - self._started) * (1 / self.share - 1)

    def stop(self, error: StoppedError | None = None) -> None:
        """End the work at its next step; if it still waits, at once.

        Args:
            error: What the one who waits gets.
        """
        self._stopped = error or StoppedError(
            'nobody waits for it any more', 499
        )
        self._future.cancel()

    def wait(
        self,
        gone: Callable[[], bool],
        tell: Callable[['Job[T]'], Any] = lambda job: None,
    ) -> T:
        """Return what came of it.

        Args:
            gone: Whether nobody waits for it any more.
            tell: Called with this job again and again, until then.

        Raises:
            StoppedError: If it took too long, or nobody waits for it.
        """
        while not wait([self._future], POLL).done:
            self._look(gone())
            tell(self)
        return self._result()

    async def wait_async(self, gone: Callable[[], Awaitable[bool]]) -> T:
        """Do the same without a thread.

        Args:
            gone: Whether nobody waits for it any more.

        Raises:
            StoppedError: If it took too long, or nobody waits for it.
        """
        future = asyncio.wrap_future(self._future)
        try:
            while not (await asyncio.wait([future], timeout=POLL))[0]:
                self._look(await gone())
            return self._result()
        finally:
            if not future.done():
                self.stop()
                future.cancel()  # else asyncio logs what nobody retrieves

    def _result(self) -> T:
        if self._future.cancelled() and self._stopped is not None:
            raise self._stopped
        return self._future.result()

    def _look(self, is_gone: bool) -> None:
        if is_gone:
            self.stop()
        self.check()
