"""A training that is told to stop saves what it has."""

import os
import signal
import threading
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
AT_CTRL_C = (
    b'\nCtrl-C: a checkpoint is saved after this iteration; press it again '
    b'to stop at once, without one\n'
)


@HOOKS.register_module()
class StopSignalHook(Hook):
    """Save a checkpoint at SIGTERM, SIGUSR1 or Ctrl-C, and end.

    The iteration at hand, or the validation, is finished, and a checkpoint is
    saved; the exit status is 128 plus the number of the signal (143, 138, or
    130 for Ctrl-C), as a shell gives it. Clusters send these signals before
    they take a machine away; ``--resume`` continues. Of several processes,
    all stop at the same iteration once one is told to. A second Ctrl-C stops
    at once.

    The signals are restored after the training. Where it fails,
    :class:`~mmasgan.engine.ResumingTrainLoop` restores them.

    Config: ``dict(type='mmasgan.StopSignalHook')``

    Args:
        interval: After how many iterations several processes ask each other,
            for which a GPU has to wait.

    Raises:
        ValueError: If ``interval`` is not positive.
    """

    priority = 'VERY_LOW'  # after all that an iteration still does

    def __init__(self, interval: int = 10) -> None:
        if interval < 1:
            raise ValueError(f'interval must be positive, got {interval}')
        self.interval = interval
        self.received = 0
        self._before: dict[int, Any] = {}

    def before_train(self, runner: Runner) -> None:
        """Listen, from the first iteration on; in the main thread only."""
        if threading.current_thread() is not threading.main_thread():
            # Ray trains in another, in which Python hears no signals.
            runner.logger.warning(
                'Not in the main thread: a signal will not save.'
            )
            return
        for name in SIGNALS:
            number = getattr(signal, name, None)
            if number is not None:
                self._before[number] = signal.signal(number, self._receive)

    def before_val(self, runner: Runner) -> None:
        """Let the data workers of a validation outlive the signals too."""
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
        """Save and end, if told to.

        Raises:
            SystemExit: With the status, then.
        """
        received = self.received
        if is_distributed():
            if not self.every_n_train_iters(runner, self.interval):
                return
            told = torch.tensor(received)
            all_reduce(told, 'max')
            received = int(told)
        if not received:
            return
        name = signal.Signals(received).name
        runner.logger.warning(f'{name}: saving a checkpoint, then stopping')
        for hook in runner.hooks:
            if isinstance(hook, CheckpointHook):
                hook._save_checkpoint(runner)
        self.restore()
        raise SystemExit(128 + received)

    def after_train(self, runner: Runner) -> None:
        """Restore the signals."""
        self.restore()

    def restore(self) -> None:
        """Restore what the signals did before the training."""
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
    """Start a data worker that signals to a whole job leave alive.

    A terminal and torchrun send them to the process group, slurm also to all
    processes. A worker that died of one would end the training before it is
    saved.

    Args:
        init: What else a worker does at its start.
        worker_id: Its number.
    """
    if init is not None:
        init(worker_id)
    if hasattr(os, 'setpgrp'):  # Windows has neither
        os.setpgrp()
        # Not SIGTERM: with that the main process ends its workers.
        signal.signal(signal.SIGUSR1, signal.SIG_IGN)
