"""A training that is told to stop saves what it has."""

import os
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

import torch
from mmengine.dist import all_reduce, is_distributed
from mmengine.hooks import CheckpointHook, Hook
from mmengine.runner import Runner

from ..registry import HOOKS

__all__ = ['StopSignalHook', 'init_worker']

SIGNALS = ('SIGTERM', 'SIGUSR1')  # Windows has no SIGUSR1


@HOOKS.register_module()
class StopSignalHook(Hook):
    """Save a checkpoint at SIGTERM or SIGUSR1, and end.

    The iteration at hand is finished and saved as a checkpoint of its number;
    the exit status is 128 plus the number of the signal, 143 or 138, as a
    shell gives it. Clusters send these signals before they take a machine
    away; ``--resume`` goes on. Of several processes, all stop at the same
    iteration once one is told to.

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
        self.after_train(runner)
        raise SystemExit(128 + received)

    def after_train(self, runner: Runner) -> None:
        """Give the signals back."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before = {}

    def _receive(self, number: int, frame: FrameType | None) -> None:
        self.received = number


def init_worker(init: Callable[[int], None] | None, worker_id: int) -> None:
    """Start a data worker that signals to a whole job leave alive.

    torchrun and slurm send them to the process group, slurm also to all
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
