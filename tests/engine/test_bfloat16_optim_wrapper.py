import pytest
import torch
from mmengine.registry import OPTIM_WRAPPERS
from torch import nn

from mmasgan.engine import bfloat16_optim_wrapper


@pytest.fixture(autouse=True)
def machine(monkeypatch):
    """Return a function that says whether the processor has bfloat16."""

    def tell(has):
        monkeypatch.setattr(
            bfloat16_optim_wrapper, 'has_instructions', lambda name: has
        )

    tell(True)
    return tell


@pytest.fixture
def model():
    return nn.Linear(2, 1, bias=False)


def wrap(model, **kwargs):
    return OPTIM_WRAPPERS.build(
        dict(
            type='mmasgan.BFloat16OptimWrapper',
            optimizer=torch.optim.SGD(model.parameters(), lr=0.5),
            **kwargs,
        )
    )


def test_forward_is_bfloat16_and_weights_stay_float32(model):
    wrapper = wrap(model)
    with wrapper.optim_context(model):
        out = model(torch.ones(1, 2))
    assert out.dtype == torch.bfloat16
    before = model.weight.detach().clone()
    wrapper.update_params(out.float().sum())
    assert model.weight.dtype == torch.float32
    # The gradient of a sum of inputs is 1, exactly so in bfloat16.
    torch.testing.assert_close(model.weight.detach(), before - 0.5)


def test_without_instructions_it_says_so_once_and_runs_in_float32(
    model, machine, monkeypatch
):
    said = []
    path = 'mmasgan.engine.bfloat16_optim_wrapper.print_log'
    monkeypatch.setattr(path, lambda text, **_: said.append(text))
    machine(False)
    wrapper = wrap(model)
    for _ in range(2):
        with wrapper.optim_context(model):
            out = model(torch.ones(1, 2))
        assert out.dtype == torch.float32
    (text,) = said
    assert 'no instructions for bfloat16: training uses float32' in text


def test_gradients_accumulate(model):
    wrapper = wrap(model, accumulative_counts=2)
    before = model.weight.detach().clone()
    for _ in range(2):
        torch.testing.assert_close(model.weight.detach(), before)
        with wrapper.optim_context(model):
            out = model(torch.ones(1, 2))
        wrapper.update_params(out.float().sum())
    torch.testing.assert_close(model.weight.detach(), before - 0.5)
