import copy

import pytest
import torch
from mmengine.model import MMSeparateDistributedDataParallel
from mmengine.runner.checkpoint import get_state_dict, load_state_dict
from torch import distributed, nn

from mmasgan.compat import wrapped_names

NAMES = ['part.weight', 'part.bias']


def test_fault(symptoms):
    outcome = symptoms.without['wrapped_names']
    assert outcome['value'] == ['part.module.weight', 'part.module.bias']


def test_mend(symptoms):
    assert symptoms.patched['wrapped_names']['value'] == NAMES
    assert symptoms.patched['patched']['wrapped_names'] is True


def test_sound_afterwards():
    assert not wrapped_names.is_present()


@pytest.fixture
def wrapped(tmp_path):
    meeting = f'file://{tmp_path}/meeting'
    distributed.init_process_group('gloo', meeting, rank=0, world_size=1)
    model = nn.ModuleDict({'part': nn.Linear(2, 3), 'other': nn.ReLU()})
    yield MMSeparateDistributedDataParallel(model).module
    distributed.destroy_process_group()


def test_what_is_saved_is_what_one_process_saves(wrapped):
    state = wrapped.state_dict()
    assert list(state) == list(get_state_dict(wrapped)) == NAMES
    assert 'part' in state._metadata
    assert 'part.module' not in state._metadata


@pytest.mark.parametrize(
    'load',
    [
        lambda model, state: load_state_dict(model, state, strict=True),
        lambda model, state: model.load_state_dict(state, strict=True),
    ],
    ids=['MMEngine', 'PyTorch'],
)
@pytest.mark.parametrize('is_wrapped', [True, False])
def test_both_ways_of_loading_find_the_names(wrapped, load, is_wrapped):
    state = {n: torch.randn_like(v) for n, v in wrapped.state_dict().items()}
    given = dict(state)
    alone = nn.ModuleDict({'part': nn.Linear(2, 3), 'other': nn.ReLU()})
    model = wrapped if is_wrapped else alone
    load(model, state)
    assert all(
        torch.equal(value, state[name])
        for name, value in model.state_dict().items()
    )
    assert state.keys() == given.keys()


def test_a_copy_for_averages_keeps_the_names(wrapped):
    averaged = nn.ModuleDict({'module': copy.deepcopy(wrapped)})
    names = [f'module.{name}' for name in NAMES]
    assert list(averaged.state_dict()) == names
    averaged.load_state_dict(averaged.state_dict(), strict=True)
