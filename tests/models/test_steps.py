import pytest
import torch
from mmengine.optim import OptimWrapper
from torch import nn

from mmasgan.models.steps import evaluation_mode, optimize


@pytest.fixture
def weight():
    return nn.Parameter(torch.tensor([2.0]))


def wrap(weight):
    return OptimWrapper(torch.optim.SGD([weight], lr=0.5))


def test_optimize_descends_the_sum(weight):
    optimize(wrap(weight), {'a': weight.sum(), 'b': 3 * weight.sum()}, [])
    assert weight.item() == 2 - 0.5 * 4


@pytest.mark.parametrize('bad', [float('nan'), float('inf')])
def test_a_non_finite_loss_is_named_and_changes_nothing(weight, bad):
    losses = {'loss_good': weight.sum(), 'loss_bad': weight.sum() * bad}
    with pytest.raises(
        FloatingPointError, match=r'iteration \d+: loss_bad is not finite.*x.p'
    ):
        optimize(wrap(weight), losses, ['x.png'])
    assert weight.item() == 2
    assert weight.grad is None


def test_a_sum_beyond_range_is_not_finite_either(weight):
    huge = weight.sum() * (torch.finfo(torch.float32).max / 2)
    losses = {'a': huge, 'b': huge}
    with pytest.raises(FloatingPointError, match='sum of losses'):
        optimize(wrap(weight), losses, [])


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
