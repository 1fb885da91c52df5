import pytest
import timm.optim
import torch
from mmengine.registry import OPTIMIZERS

from mmasgan.engine import muon


@pytest.fixture
def computed_in(monkeypatch):
    """The types that updates were made orthogonal in."""
    seen = []
    given = muon.muon.zeropower_via_newtonschulz

    def watched(update, *args, dtype=torch.bfloat16, **kwargs):
        seen.append(dtype)
        return given(update, *args, dtype=dtype, **kwargs)

    monkeypatch.setattr(muon.muon, 'zeropower_via_newtonschulz', watched)
    return seen


def updated(build):
    """Return a weight after a step with some gradient."""
    torch.manual_seed(0)
    weight = torch.nn.Parameter(torch.randn(8, 12))
    optimizer = build([weight])
    weight.grad = torch.randn(8, 12)
    optimizer.step()
    return weight.detach()


def ours(parameters):
    return OPTIMIZERS.build(
        dict(type='mmasgan.Muon', params=parameters, lr=0.1)
    )


def timms(parameters):
    return timm.optim.Muon(parameters, lr=0.1)


@pytest.mark.parametrize(
    ('has', 'dtype'), [(True, torch.bfloat16), (False, torch.float32)]
)
def test_the_type_is_one_the_processor_has(
    monkeypatch, computed_in, has, dtype
):
    monkeypatch.setattr(muon, 'has_instructions', lambda name: has)
    updated(ours)
    assert computed_in == [dtype]
    updated(timms)  # which others use stays as it is
    assert computed_in[1:] == [torch.bfloat16]


def test_an_update_is_timms(monkeypatch):
    monkeypatch.setattr(muon, 'has_instructions', lambda name: True)
    assert torch.equal(updated(ours), updated(timms))
    monkeypatch.setattr(muon, 'has_instructions', lambda name: False)
    # Orthogonal to within what bfloat16 has of digits.
    torch.testing.assert_close(
        updated(ours), updated(timms), rtol=0, atol=0.002
    )


def test_an_error_leaves_timm_as_it_was(monkeypatch):
    monkeypatch.setattr(muon, 'has_instructions', lambda name: False)
    given = muon.muon.zeropower_via_newtonschulz

    def fail():
        raise RuntimeError('no loss')

    optimizer = ours([torch.nn.Parameter(torch.zeros(2, 2))])
    with pytest.raises(RuntimeError, match='no loss'):
        optimizer.step(fail)
    assert muon.muon.zeropower_via_newtonschulz is given
