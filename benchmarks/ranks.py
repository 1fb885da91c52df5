"""A training step of several processes, with a number of threads each."""

from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import torch
from mmengine import MessageHub
from torch import distributed, multiprocessing

from .models import our_step

__all__ = ['ranks_step']


def ranks_step(
    ranks: int, threads: int, meeting: Path, **model: Any
) -> Callable[[int], object]:
    """Start processes that train together until the result is deleted.

    Args:
        ranks: Number of processes: on CPUs over gloo, or on one GPU each over
            NCCL.
        threads: Threads per process.
        meeting: File that does not exist yet, for the rendezvous.
        model: Arguments of :func:`~.models.our_step`; size and count are
            those of a rank's batch.

    Returns:
        A step of all processes, called with any number. It raises
        RuntimeError if a process has ended.
    """
    context = multiprocessing.get_context('spawn')
    pipes = []
    for rank in range(ranks):
        pipe, theirs = context.Pipe()
        given = (theirs, rank, ranks, threads, meeting, model)
        context.Process(target=_train, args=given, daemon=True).start()
        theirs.close()
        pipes.append(pipe)

    def step(number: int) -> None:
        try:
            for pipe in pipes:
                pipe.send(number)
            for pipe in pipes:
                pipe.recv()
        except (EOFError, OSError) as error:
            raise RuntimeError('a rank has ended; see its output') from error

    return step


def _train(
    pipe: Connection,
    rank: int,
    ranks: int,
    threads: int,
    meeting: Path,
    model: dict[str, Any],
) -> None:
    torch.set_num_threads(threads)
    backend = 'gloo'
    if torch.cuda.is_available():
        backend = 'nccl'
        torch.cuda.set_device(rank)
    distributed.init_process_group(
        backend, f'file://{meeting}', rank=rank, world_size=ranks
    )
    MessageHub.get_current_instance().update_info('iter', 0)
    step = our_step(**model)
    with suppress(EOFError):  # the pipe closes with the parent
        while True:
            step(pipe.recv())
            if torch.cuda.is_available():
                torch.cuda.synchronize()
            pipe.send(None)
