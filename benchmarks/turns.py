"""Time jobs that take turns."""

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
    """What is timed, and what came out.

    Attributes:
        name: For the table.
        call: Does it once; called with 0, 1, ...
        flops: Floating-point operations of a call, where they are counted; a
            multiply-add is two.
        reference: Name of the job whose FLOP/s this one's are a share of.
        note: Anything else to say, for the table.
        seconds: Of a call, the mean of each round.
        amount: What a call does, such as pixels, where the time of one is
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
        """Seconds of a call."""
        return statistics.median(self.seconds)


def take_turns(jobs: Sequence[Job], rounds: int, count: int) -> None:
    """Time jobs in turn, and add to their ``seconds``.

    Args:
        jobs: They run in this order in each round.
        rounds: How often each takes its turn, after one to warm up.
        count: Calls in a turn.
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
