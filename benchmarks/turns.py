"""Timing of jobs that take turns."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch
from rich.console import Console
from rich.progress import track

__all__ = ['Job', 'take_turns']


@dataclass
class Job:
    """A timed function and its result.

    Attributes:
        name: Name in the table.
        call: Timed function, called with 0, 1, ...
        flops: Floating-point operations per call, if counted; a multiply-add
            is two.
        reference: Name of the job that the FLOP/s are compared with.
        note: Remark in the table.
        seconds: Mean seconds per call, for each round.
        amount: Work per call, for example pixels, if the time per unit is
            compared.
    """

    name: str
    call: Callable[[int], object]
    flops: float | None = None
    reference: str | None = None
    note: str = ''
    seconds: list[float] = field(default_factory=list)
    amount: float = 1

    @property
    def median(self) -> float:
        """Median seconds per call."""
        return statistics.median(self.seconds)


def take_turns(jobs: Sequence[Job], rounds: int, count: int) -> None:
    """Time jobs in turn, and add to their ``seconds``.

    Args:
        jobs: Jobs, in the order in which they run in each round.
        rounds: Number of rounds, after one for warm-up.
        count: Calls per job and round.
    """
    for turn in track(
        range(rounds + 1),
        description='Rounds',
        console=Console(stderr=True),
        transient=True,
    ):
        for job in jobs:
            _wait()
            start = time.perf_counter()
            for number in range(count):
                job.call(turn * count + number)
            _wait()
            if turn:
                job.seconds.append((time.perf_counter() - start) / count)


def _wait() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()
