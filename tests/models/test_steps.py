import time

import pytest
import torch
from mmengine import MessageHub
from mmengine.optim import OptimWrapper
from torch import nn

from mmasgan.models.steps import evaluation_mode, optimize


@pytest.fixture
def network():
    network = nn.Linear(1, 1, bias=False)
    nn.init.constant_(network.weight, 2)
    return network


@pytest.fixture
def optimizer(network):
    return OptimWrapper(torch.optim.SGD(network.parameters(), lr=0.5))


@pytest.fixture(autouse=True)
def hub():
    """Start without the bad steps of other tests."""
    return MessageHub.get_instance(f'steps{time.time_ns()}')


def test_optimize_descends_the_sum(optimizer, network):
    weight = network.weight
    losses = {'a': weight.sum(), 'b': 3 * weight.sum()}
    assert optimize(optimizer, network, losses, [])
    assert weight.item() == 2 - 0.5 * 4
    assert optimize(optimizer, network, {}, [])
    assert weight.item() == 2 - 0.5 * 4


@pytest.mark.parametrize('bad', [float('nan'), float('inf')])
def test_a_non_finite_loss_is_named_and_changes_nothing(
    optimizer, network, bad
):
    weight = network.weight
    losses = {'loss_good': weight.sum(), 'loss_bad': weight.sum() * bad}
    with pytest.raises(
        FloatingPointError, match=r'iteration \d+: loss_bad is not finite.*x.p'
    ):
        optimize(optimizer, network, losses, ['x.png'])
    assert weight.item() == 2
    assert weight.grad is None


def test_a_sum_beyond_range_is_not_finite_either(optimizer, network):
    huge = network.weight.sum() * (torch.finfo(torch.float32).max / 2)
    losses = {'a': huge, 'b': huge}
    with pytest.raises(FloatingPointError, match='sum of losses'):
        optimize(optimizer, network, losses, [])


def test_a_non_finite_gradient_is_named_and_changes_nothing(
    optimizer, network
):
    # Finite itself, with an infinite slope.
    losses = {'a': (network.weight - 2).sqrt().sum()}
    with pytest.raises(FloatingPointError, match=r'of weight .*x\.png'):
        optimize(optimizer, network, losses, ['x.png'])
    assert network.weight.item() == 2
    assert network.weight.grad is None


@pytest.mark.parametrize('broken', ['loss', 'gradient'])
def test_bad_steps_are_left_out_up_to_a_limit(
    optimizer, network, hub, broken, caplog
):
    def step(good=False):
        loss = network.weight.sum()
        if not good:
            loss = (
                loss * float('nan') if broken == 'loss' else (loss - 2).sqrt()
            )
        return optimize(
            optimizer, network, {'a': loss}, [], max_nonfinite_steps=2
        )

    nn.init.constant_(network.weight, 2)
    assert not step()
    assert network.weight.item() == 2
    assert not step()
    assert hub.get_info('bad_steps') == 2
    with pytest.raises(FloatingPointError, match='max_nonfinite_steps is 2'):
        step()
    assert step(good=True)
    assert network.weight.item() == 1.5


def test_a_scaler_sees_to_its_gradients_itself(optimizer, network):
    """As MMEngine's AmpOptimWrapper has one."""
    optimizer.loss_scaler = object()
    losses = {'a': (network.weight - 2).sqrt().sum()}
    assert optimize(optimizer, network, losses, [])


def test_evaluation_mode_restores_each_module():
    model = nn.Sequential(nn.Dropout(), nn.Sequential(nn.Dropout()))
    model[1].eval()
    with evaluation_mode(model):
        assert not any(module.training for module in model.modules())
    assert model.training
    assert model[0].training
    assert not model[1].training
    assert not model[1][0].training


def test_evaluation_mode_restores_after_an_error():
    model = nn.Dropout()
    with pytest.raises(KeyError), evaluation_mode(model):
        raise KeyError
    assert model.training
