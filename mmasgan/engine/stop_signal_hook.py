"""Save a checkpoint when a signal stops a training."""

import os
import signal
import threading
import time
from collections.abc import Callable
from functools import partial
from types import FrameType
from typing import Any

import torch
from mmengine.dist import all_reduce, is_distributed
from mmengine.hooks import CheckpointHook, Hook
from mmengine.runner import Runner

from ..registry import HOOKS

__all__ = ['StopSignalHook', 'init_worker']

SIGNALS = ('SIGTERM', 'SIGUSR1', 'SIGINT')  # Windows has no SIGUSR1
SECONDS = 5.0  # between exchanges of several processes
AT_CTRL_C = (
    b'\nCtrl-C: saving a checkpoint after this iteration; press it again to '
    b'stop immediately without a checkpoint\n'
)


@HOOKS.register_module()
class StopSignalHook(Hook):
    """Save a checkpoint and exit after SIGTERM, SIGUSR1 or Ctrl-C.

    The current iteration or validation is finished first. The exit status is
    128 plus the number of the signal (143, 138, or 130 for Ctrl-C), as in a
    shell. Clusters send these signals before they stop a job; ``--resume``
    continues it. With several processes, all stop at the same iteration when
    one receives a signal. A second Ctrl-C stops immediately.

    The signal handlers are restored after the training, or by
    :class:`~mmasgan.engine.ResumingTrainLoop` if it fails.

    Config: ``dict(type='mmasgan.StopSignalHook')``

    Args:
        interval: Maximum number of iterations after which several processes
            exchange received signals. An exchange synchronises the GPU. There
            is one at least every 5 seconds, or after each iteration if
            iterations take longer, because torchrun only waits for 30 seconds.

    Raises:
        ValueError: If ``interval`` is not positive.
    """

    priority = 'VERY_LOW'  # after all other hooks of an iteration

    def __init__(self, interval: int = 10) -> None:
        if interval < 1:
            raise ValueError(f'interval must be positive, got {interval}')
        self.interval = interval
        self.received = 0
        self._next = 0  # iteration of the next exchange
        self._last = (0, 0.0)  # iteration and time of the last one
        self._before: dict[int, Any] = {}

    def before_train(self, runner: Runner) -> None:
        """Install the signal handlers, in the main thread only."""
        if threading.current_thread() is not threading.main_thread():
            # Ray trains in another thread, where Python gets no signals.
            runner.logger.warning(
                'Not in the main thread: signals will not save a checkpoint.'
            )
            return
        for name in SIGNALS:
            number = getattr(signal, name, None)
            if number is not None:
                self._before[number] = signal.signal(number, self._receive)

    def before_val(self, runner: Runner) -> None:
        """Let the data workers of validations ignore the signals."""
        loop = runner.val_loop
        for loader in getattr(loop, 'dataloaders', None) or [loop.dataloader]:
            init = loader.worker_init_fn
            if getattr(init, 'func', None) is not init_worker:
                loader.worker_init_fn = partial(init_worker, init)

    def after_train_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: dict | None = None,
        outputs: dict | None = None,
    ) -> None:
        """Save a checkpoint and exit, if a signal was received.

        Raises:
            SystemExit: If a signal was received.
        """
        received = self.received
        if is_distributed():
            if runner.iter < self._next:
                return
            received = self._exchange(runner.iter)
        if not received:
            return
        name = signal.Signals(received).name
        runner.logger.warning(f'{name}: saving a checkpoint, then stopping')
        for hook in runner.hooks:
            if isinstance(hook, CheckpointHook):
                hook._save_checkpoint(runner)
        self.restore()
        raise SystemExit(128 + received)

    def _exchange(self, iteration: int) -> int:
        """Return the signal that any process received, or 0."""
        now = time.monotonic()
        count = max(1, iteration - self._last[0])
        seconds = (now - self._last[1]) / count
        latest = torch.tensor([self.received, seconds], dtype=torch.float64)
        all_reduce(latest, 'max')
        received, seconds = latest.tolist()
        pause = min(max(SECONDS / max(seconds, 1e-3), 1), self.interval)
        self._next = iteration + int(pause)
        self._last = iteration, now
        return int(received)

    def after_train(self, runner: Runner) -> None:
        """Restore the signal handlers."""
        self.restore()

    def restore(self) -> None:
        """Restore the signal handlers from before the training."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before = {}

    def _receive(self, number: int, frame: FrameType | None) -> None:
        if number == signal.SIGINT:
            if self.received == number:
                raise KeyboardInterrupt
            os.write(2, AT_CTRL_C)  # a logger may be in use right now
        self.received = number


def init_worker(init: Callable[[int], None] | None, worker_id: int) -> None:
    """Let a data worker ignore signals to the whole job.

    Terminals and torchrun send signals to the process group, slurm also to
    all processes. If a worker died of one, the training would fail before a
    checkpoint is saved.
    """
    if init is not None:
        init(worker_id)
    if hasattr(os, 'setpgrp'):  # Windows has neither
        os.setpgrp()
        # Not SIGTERM: the main process uses it to stop its workers.
        signal.signal(signal.SIGUSR1, signal.SIG_IGN)
