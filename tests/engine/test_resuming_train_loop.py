import os
import signal
import warnings
from contextlib import nullcontext
from functools import partial
from unittest.mock import MagicMock

import pytest
from mmengine.dataset import DefaultSampler
from torch.utils.data import DataLoader, Dataset

from mmasgan.datasets import InfiniteEpochSampler
from mmasgan.engine import ResumingTrainLoop, StopSignalHook


class Numbers(Dataset):
    """Data whose items are their indices, and which notes what is loaded."""

    def __init__(self):
        self.loaded = []

    def __len__(self):
        return 7

    def __getitem__(self, index):
        self.loaded.append(index)
        return index


def run(sampler, start, workers=0, data=None, drawn=None):
    """Return the batches that iterations from ``start`` to 6 see."""
    data = data or Numbers()
    runner = MagicMock(val_loop=None)
    runner.message_hub.get_info.return_value = drawn
    loader = DataLoader(
        data,
        batch_size=3,
        sampler=sampler(data),
        num_workers=workers,
        persistent_workers=workers > 0,
    )
    loop = ResumingTrainLoop(runner, loader, max_iters=6)
    loop._iter = start
    loop.run()
    steps = runner.model.train_step.call_args_list
    return [step.args[0].tolist() for step in steps]


def endless(data):
    return InfiniteEpochSampler(data, seed=1)


@pytest.mark.parametrize(
    'workers', [0, pytest.param(2, marks=pytest.mark.process)]
)
@pytest.mark.parametrize('start', [1, 4])
def test_what_was_trained_on_is_skipped(workers, start):
    whole = run(endless, 0, workers)
    assert len(whole) == 6
    assert run(endless, start, workers) == whole[start:]


def test_what_is_skipped_is_not_loaded():
    data = Numbers()
    (batch,) = run(endless, 5, data=data)
    assert data.loaded == batch


def test_the_order_goes_on_with_another_batch_size():
    """Four iterations of one sample each came before."""
    order = [index for batch in run(endless, 0) for index in batch]
    assert run(endless, 4, drawn=4) == [order[4:7], order[7:10]]


def test_other_samplers_skip_as_mmengine_does(monkeypatch):
    monkeypatch.setattr('time.sleep', lambda seconds: None)
    sampler = partial(DefaultSampler, seed=1)
    whole = run(sampler, 0)
    assert run(sampler, 4) == whole[4:]


class Signals(Numbers):
    """Data whose items tell how the worker meets signals."""

    def __getitem__(self, index):
        return os.getpgrp(), int(signal.getsignal(signal.SIGUSR1))


@pytest.mark.process
def test_workers_leave_signals_to_the_main_process():
    """torchrun and slurm send them to all processes of a job."""
    loader = DataLoader(Signals(), num_workers=1)
    loop = ResumingTrainLoop(MagicMock(), loader, max_iters=1)
    group, action = next(loop.dataloader_iterator)
    assert group != os.getpgrp()
    assert action == signal.SIG_IGN
    assert signal.getsignal(signal.SIGUSR1) == signal.SIG_DFL


@pytest.mark.parametrize('error', [ValueError, KeyboardInterrupt, None])
def test_however_a_training_ends_the_signals_are_restored(error):
    before = [signal.getsignal(n) for n in (signal.SIGTERM, signal.SIGINT)]
    hook = StopSignalHook()
    runner = MagicMock(val_loop=None, hooks=[MagicMock(), hook])

    def call_hook(name, **kwargs):
        if name == 'before_train':
            hook.before_train(runner)
            assert signal.getsignal(signal.SIGINT) == hook._receive

    runner.call_hook = call_hook
    runner.model.train_step.side_effect = error
    loader = DataLoader(Numbers())
    loop = ResumingTrainLoop(runner, loader, max_iters=1)
    with pytest.raises(error) if error else nullcontext():
        loop.run()
    after = [signal.getsignal(n) for n in (signal.SIGTERM, signal.SIGINT)]
    assert after == before


def test_an_optimizer_that_waits_for_its_turn_is_no_matter(recwarn):
    def step(*args, **kwargs):
        warnings.warn(
            'Detected call of `scheduler.step()` before', stacklevel=1
        )
        warnings.warn('else', stacklevel=1)

    runner = MagicMock(val_loop=None)
    runner.model.train_step.side_effect = step
    ResumingTrainLoop(runner, DataLoader(Numbers()), max_iters=1).run()
    assert [str(each.message) for each in recwarn] == ['else']
