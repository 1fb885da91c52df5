"""A training step of several processes, each with threads of its own."""

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
    """Start processes that train together, while what is returned lives.

    Args:
        ranks: How many: on CPUs over gloo, or each on a GPU of its own over
            NCCL.
        threads: Of each.
        meeting: A file that does not exist, where they find each other.
        model: Arguments of :func:`~.models.our_step`; size and count are of
            the batch of each rank.

    Returns:
        A step of all of them, called with any number. It raises RuntimeError
        if one has ended.
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
            raise RuntimeError('a rank has ended; it printed why') from error

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
    with suppress(EOFError):  # the pipe ends with what asks for steps
        while True:
            step(pipe.recv())
            if torch.cuda.is_available():
                torch.cuda.synchronize()
            pipe.send(None)
