import pytest
import torch
import toy_cyclegan
from mmengine.model import BaseModule
from torch import nn

from mmasgan import compat


@pytest.fixture(scope='module')
def init():
    from mmagic.models.utils import generation_init_weights

    return generation_init_weights


def test_fault(symptoms):
    error = symptoms.without['generation_init']['error']
    assert error.startswith('UnboundLocalError')
    assert 'init_info' in error


def test_mend(symptoms):
    assert symptoms.patched['generation_init']['error'] is None
    assert symptoms.patched['patched']['generation_init'] is True


def test_sound_afterwards(init):
    assert not compat.generation_init.is_present()
    assert init.__module__ == 'mmagic.models.utils.model_utils'


def test_same_weights_as_upstream(init):
    torch.manual_seed(0)
    ours = nn.Sequential(nn.Conv2d(3, 64, 3), nn.ReLU(), nn.BatchNorm2d(64))
    torch.manual_seed(0)
    theirs = nn.Sequential(nn.Conv2d(3, 64, 3), nn.ReLU(), nn.BatchNorm2d(64))
    torch.manual_seed(1)
    init(ours, init_gain=0.3)
    torch.manual_seed(1)
    init.__wrapped__(theirs, init_gain=0.3)
    for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=0)
    assert ours[0].weight.std().item() == pytest.approx(0.3, rel=0.1)


def test_report_names_the_initialisation(init):
    class Nested(BaseModule):
        def __init__(self):
            super().__init__()
            self.layers = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU())

        def init_weights(self):
            init(self, 'xavier')

    network = Nested()
    # As a parent's `init_weights` does, for all parts of its children too.
    info = {
        p: dict(init_info='untouched', tmp_mean_value=p.data.mean() + 1)
        for p in network.parameters()
    }
    for part in network.modules():
        part._params_init_info = info
    network.init_weights()
    assert {entry['init_info'] for entry in info.values()} == {
        'Initialized by generation_init_weights(xavier)'
    }
    assert all(part._params_init_info is info for part in network.modules())


def test_cyclegan_initialises():
    model = toy_cyclegan.build()
    model.init_weights()
    weight = model.generators['sharp'].state_dict()
    convs = [value for value in weight.values() if value.ndim == 4]
    assert all(0.01 < conv.std() < 0.03 for conv in convs)
    assert not any(hasattr(m, '_params_init_info') for m in model.modules())
