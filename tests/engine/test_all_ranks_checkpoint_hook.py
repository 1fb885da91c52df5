"""Of several processes, see ``tests/test_several_processes.py``."""

from types import SimpleNamespace

import pytest
import torch

from mmasgan.engine import AllRanksCheckpointHook, all_ranks_checkpoint_hook


@pytest.fixture
def two_processes(monkeypatch):
    """Be the second of two."""
    monkeypatch.setattr(all_ranks_checkpoint_hook, 'get_world_size', lambda: 2)
    monkeypatch.setattr(all_ranks_checkpoint_hook, 'get_rank', lambda: 1)


def load(checkpoint, resume=True):
    runner = SimpleNamespace(_resume=resume)
    AllRanksCheckpointHook().after_load_checkpoint(runner, checkpoint)
    return checkpoint['state_dict']


def checkpoint(**meta):
    return {
        'meta': meta,
        'state_dict': {'weight': 1, 'pool._extra_state': 2},
        'rank_states': {1: {'pool._extra_state': 3}},
    }


def test_a_rank_takes_its_own_state(two_processes):
    found = load(checkpoint(world_size=2))
    assert found == {'weight': 1, 'pool._extra_state': 3}


def test_the_first_rank_takes_what_mmengine_saves(two_processes, monkeypatch):
    monkeypatch.setattr(all_ranks_checkpoint_hook, 'get_rank', lambda: 0)
    found = load(checkpoint(world_size=2))
    assert found == {'weight': 1, 'pool._extra_state': 2}


def test_another_number_is_refused(two_processes):
    with pytest.raises(
        ValueError, match='of 3 processes and cannot be resumed by 2'
    ):
        load(checkpoint(world_size=3))


def test_who_does_not_resume_takes_any_checkpoint(two_processes):
    found = load(checkpoint(world_size=3), resume=False)
    assert found == {'weight': 1, 'pool._extra_state': 2}


def test_a_checkpoint_of_mmengines_hook_is_taken(two_processes):
    plain = checkpoint()
    del plain['rank_states']
    assert load(plain) == {'weight': 1, 'pool._extra_state': 2}


def test_one_process_adds_its_number_alone():
    saved = {'meta': {}, 'state_dict': {'weight': torch.ones(1)}}
    AllRanksCheckpointHook().before_save_checkpoint(None, saved)
    assert saved['meta'] == {'world_size': 1}
    assert saved['rank_states'] == {}
