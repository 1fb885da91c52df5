import os
import signal
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from unittest.mock import MagicMock

import pytest
from mmengine.hooks import CheckpointHook, Hook

from mmasgan.engine import StopSignalHook, stop_signal_hook


@pytest.fixture
def runner():
    checkpoints = MagicMock(spec=CheckpointHook)
    hooks = [MagicMock(spec=Hook), checkpoints]
    return SimpleNamespace(
        hooks=hooks,
        saved=checkpoints._save_checkpoint,
        logger=MagicMock(),
        iter=0,
    )


@pytest.mark.parametrize(
    ('number', 'status'),
    [(signal.SIGTERM, 143), (signal.SIGUSR1, 138), (signal.SIGINT, 130)],
)
def test_a_signal_saves_and_ends(runner, number, status):
    before = signal.getsignal(number)
    hook = StopSignalHook()
    hook.before_train(runner)
    hook.after_train_iter(runner, 0)
    runner.saved.assert_not_called()
    os.kill(os.getpid(), number)
    with pytest.raises(SystemExit) as ended:
        hook.after_train_iter(runner, 1)
    assert ended.value.code == status
    runner.saved.assert_called_once_with(runner)
    assert signal.getsignal(number) is before


def test_a_training_that_ends_gives_the_signals_back(runner):
    before = signal.getsignal(signal.SIGTERM)
    hook = StopSignalHook()
    hook.before_train(runner)
    assert signal.getsignal(signal.SIGTERM) is not before
    hook.after_train(runner)
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_second_ctrl_c_stops_at_once(runner, capfd):
    hook = StopSignalHook()
    hook.before_train(runner)
    try:
        os.kill(os.getpid(), signal.SIGINT)
        assert 'press it again' in capfd.readouterr().err
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
    finally:
        hook.after_train(runner)
    runner.saved.assert_not_called()


def test_workers_of_a_validation_are_started_once_as_those_of_a_training():
    several = [MagicMock(worker_init_fn=None), MagicMock(worker_init_fn=print)]
    before = [loader.worker_init_fn for loader in several]
    one = MagicMock(worker_init_fn=None)
    for loop in (
        SimpleNamespace(dataloaders=several),
        SimpleNamespace(dataloader=one),
    ):
        for _ in range(2):
            StopSignalHook().before_val(SimpleNamespace(val_loop=loop))
    for loader, init in zip([*several, one], [*before, None], strict=True):
        assert loader.worker_init_fn.func is stop_signal_hook.init_worker
        assert loader.worker_init_fn.args == (init,)


def test_another_thread_than_the_main_one_trains_all_the_same(runner):
    before = signal.getsignal(signal.SIGTERM)
    hook = StopSignalHook()
    with ThreadPoolExecutor() as pool:
        pool.submit(hook.before_train, runner).result()
    runner.logger.warning.assert_called_once()
    assert signal.getsignal(signal.SIGTERM) is before
    hook.after_train(runner)


@pytest.mark.parametrize(
    ('seconds', 'exchanges'),
    [(0.1, [0, 1, 4, 7]), (2.0, [0, 1, 3, 5, 7]), (9.0, list(range(9)))],
)
def test_several_processes_exchange_signals_in_time(
    runner, monkeypatch, seconds, exchanges
):
    """Every three iterations, but more often if iterations are slow."""
    found = []
    monkeypatch.setattr(stop_signal_hook, 'is_distributed', lambda: True)
    monkeypatch.setattr(
        stop_signal_hook, 'all_reduce', lambda *_: found.append(runner.iter)
    )
    monkeypatch.setattr('time.monotonic', lambda: 1000 + seconds * runner.iter)
    hook = StopSignalHook(interval=3)
    for runner.iter in range(9):
        hook.after_train_iter(runner, runner.iter)
    assert found == exchanges


def test_several_processes_stop_together(runner, monkeypatch):
    """A process stops at a signal that another process received."""

    def reduce(latest, op):
        latest[0] = 15

    monkeypatch.setattr(stop_signal_hook, 'is_distributed', lambda: True)
    monkeypatch.setattr(stop_signal_hook, 'all_reduce', reduce)
    hook = StopSignalHook()
    with pytest.raises(SystemExit):
        hook.after_train_iter(runner, 0)
    runner.saved.assert_called_once_with(runner)


def test_an_interval_is_positive():
    with pytest.raises(ValueError, match='positive, got 0'):
        StopSignalHook(interval=0)


def test_a_worker_starts_as_it_would(monkeypatch):
    monkeypatch.setattr(os, 'setpgrp', lambda: None)
    before = signal.getsignal(signal.SIGUSR1)
    started = []
    try:
        stop_signal_hook.init_worker(started.append, 3)
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert started == [3]
