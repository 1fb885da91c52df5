import pytest
import torch
from torch import nn

from mmasgan.models.domain_networks import DomainNetworks


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
