import numpy as np
import pytest
import torch
from numpy_reference import array, assert_close, randomize, sft
from torch.autograd import gradcheck
from torch.func import functional_call

from mmasgan.layers import SFTLayer


def inputs(channels, cond_channels, count=2, size=(3, 4), cond_size=None):
    features = torch.randn(count, channels, *size, dtype=torch.float64)
    condition = torch.randn(
        count, cond_channels, *(cond_size or size), dtype=torch.float64
    )
    return features, condition


@pytest.mark.parametrize('dtype', [torch.float32, torch.float64])
@pytest.mark.parametrize('residual', [True, False])
@pytest.mark.parametrize(
    ('count', 'size', 'cond_size'),
    [(1, (1, 1), (1, 1)), (2, (3, 4), (3, 4)), (3, (5, 2), (1, 1))],
)
def test_equals_numpy(device, dtype, residual, count, size, cond_size):
    layer = randomize(SFTLayer(5, 3, 4, residual)).to(device, dtype)
    features, condition = inputs(5, 3, count, size, cond_size)

    actual = layer(features.to(device, dtype), condition.to(device, dtype))

    expected = sft(array(features), array(condition), layer, residual)
    assert_close(actual, expected)


def test_channels_in_between_default_to_sftgans():
    layer = SFTLayer(256)
    assert sum(p.numel() for p in layer.parameters()) == 19_008


def test_starts_at_the_identity(device):
    layer = SFTLayer(6, 3).to(device)
    features, condition = inputs(6, 3)
    features, condition = features.float().to(device), condition.to(device)
    out = layer(features, condition.float())
    torch.testing.assert_close(out, features, rtol=0, atol=0)


def test_paper_form_starts_elsewhere():
    features, condition = inputs(6, 3)
    layer = SFTLayer(6, 3, residual=False).double()
    out = layer(features, condition)
    assert (out - features).abs().mean() > 0.1
    for parameter in layer.parameters():
        assert parameter.abs().max() > 0


def test_unit_scale_and_zero_shift_are_the_identity_in_the_papers_form():
    layer = randomize(SFTLayer(6, 3, residual=False)).double()
    with torch.no_grad():
        for branch, bias in ((layer.scale, 1), (layer.shift, 0)):
            branch[-1].weight.zero_()
            branch[-1].bias.fill_(bias)
    features, condition = inputs(6, 3)
    assert_close(layer(features, condition), array(features))


def test_all_parameters_learn_after_the_first_step():
    layer = randomize(SFTLayer(4, 3)).double()
    layer(*inputs(4, 3)).square().sum().backward()
    for name, parameter in layer.named_parameters():
        assert parameter.grad.abs().max() > 0, name


def test_modulates_each_pixel_by_its_own_condition():
    layer = randomize(SFTLayer(4, 3)).double()
    features, condition = inputs(4, 3)
    before = layer(features, condition)
    condition[1, :, 2, 1] += 1
    changed = (layer(features, condition) != before).any(dim=1)
    expected = np.zeros((2, 3, 4), bool)
    expected[1, 2, 1] = True
    np.testing.assert_array_equal(changed.numpy(), expected)


@pytest.mark.parametrize('residual', [True, False])
def test_gradient(residual):
    layer = randomize(SFTLayer(2, 2, 3, residual)).double()
    names, parameters = zip(*layer.named_parameters(), strict=True)
    tensors = [t.requires_grad_() for t in inputs(2, 2, 1, (3, 3))]

    def call(features, condition, *values):
        state = dict(zip(names, values, strict=True))
        return functional_call(layer, state, (features, condition))

    assert gradcheck(call, (*tensors, *parameters))


def test_runs_under_autocast(device):
    layer = randomize(SFTLayer(4, 3)).to(device)
    features, condition = (t.float().to(device) for t in inputs(4, 3))
    with torch.autocast(device.type, torch.bfloat16):
        out = layer(features, condition)
    expected = sft(array(features), array(condition), layer)
    np.testing.assert_allclose(array(out), expected, rtol=0.05, atol=0.1)


@pytest.mark.parametrize(
    ('features', 'condition', 'message'),
    [
        ((2, 5, 4, 4), (2, 3, 4, 4), r'features have 5 .*channels=4'),
        (
            (2, 4, 4, 4),
            (1, 3, 4, 4),
            r'condition \(1, 3, 4, 4\) does not match',
        ),
        (
            (2, 4, 4, 4),
            (2, 3, 2, 2),
            r'condition \(2, 3, 2, 2\) does not match',
        ),
        (
            (2, 4, 4, 4),
            (2, 3, 4, 1),
            r'condition \(2, 3, 4, 1\) does not match',
        ),
        ((2, 4, 4, 4), (2, 5, 4, 4), r'condition \(2, 5, 4, 4\)'),
    ],
)
def test_refuses_what_does_not_fit(features, condition, message):
    layer = SFTLayer(4, 3)
    with pytest.raises(ValueError, match=message):
        layer(torch.zeros(features), torch.zeros(condition))
