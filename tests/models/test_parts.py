import pytest
import torch
from torch import nn

from mmasgan.losses import WGANLoss
from mmasgan.models.parts import DomainNetworks, build_part, unwrapped


def test_a_config_is_built_and_all_else_stays():
    assert isinstance(build_part(dict(type='mmasgan.WGANLoss')), WGANLoss)
    module = nn.Identity()
    assert build_part(module) is module
    assert build_part(None) is None


def test_a_wrapper_is_taken_off(monkeypatch):
    class Wrapper(nn.Module):
        def __init__(self, module):
            super().__init__()
            self.module = module

    module = nn.Identity()
    assert unwrapped(Wrapper(module)).module is module  # none of MMEngine's
    monkeypatch.setattr(
        'mmasgan.models.parts.is_model_wrapper',
        lambda model: isinstance(model, Wrapper),
    )
    assert unwrapped(Wrapper(module)) is module
    assert unwrapped(module) is module
    assert unwrapped(None) is None


class Minus(nn.Module):
    def forward(self, x, y):
        return x - y


@pytest.fixture
def networks():
    return DomainNetworks({'sharp': nn.ReLU(), 'blur': Minus()})


def test_forward_calls_the_network_of_the_domain(networks):
    x, y = torch.tensor([-1.0]), torch.tensor([2.0])
    assert networks('sharp', x) == 0
    assert networks('blur', x, y) == -3


def test_an_unknown_domain_is_an_error(networks):
    with pytest.raises(KeyError, match='foggy'):
        networks('foggy', torch.zeros(1))
