from types import SimpleNamespace

import pytest
import torch
from mmengine.hooks import Hook
from mmengine.runner import get_priority

from mmasgan.engine import IterationSeedHook


def draw(seed=0, iteration=0, rank=0, monkeypatch=None):
    if monkeypatch is not None:
        monkeypatch.setattr(
            'mmasgan.engine.iteration_seed_hook.get_rank', lambda: rank
        )
    runner = SimpleNamespace(seed=seed, iter=iteration)
    IterationSeedHook().before_train_iter(runner, batch_idx=iteration)
    return torch.rand(4)


def test_an_iteration_draws_the_same_whatever_came_before():
    first = draw(seed=3, iteration=7)
    torch.rand(100)
    assert torch.equal(draw(seed=3, iteration=7), first)


@pytest.mark.parametrize(
    'other', [dict(seed=1), dict(iteration=1), dict(rank=1)]
)
def test_seed_iteration_and_rank_each_matter(monkeypatch, other):
    first = draw(monkeypatch=monkeypatch)
    assert not torch.equal(draw(**other, monkeypatch=monkeypatch), first)


def test_iterations_are_not_alike():
    values = torch.stack([draw(iteration=i) for i in range(500)])
    # The mean of 500 uniform numbers has a standard deviation of 0.013.
    assert (values.mean(0) - 0.5).abs().max() < 0.06
    correlation = torch.corrcoef(torch.stack([values[:-1, 0], values[1:, 0]]))
    assert correlation[0, 1].abs() < 0.2


def test_it_runs_before_ordinary_hooks():
    ours, ordinary = map(
        get_priority, (IterationSeedHook.priority, Hook.priority)
    )
    assert ours < ordinary
