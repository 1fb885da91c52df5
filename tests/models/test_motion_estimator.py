import copy

import numpy as np
import pytest
import torch
from mmengine.optim import OptimWrapper
from mmengine.registry import MODELS
from torch import nn

from mmasgan.layers.reblur import (
    field_of_canonical,
    field_of_offsets,
    reblur_along_field,
    reblur_along_offsets,
)
from mmasgan.models import MotionEstimator


def prior_of(**style):
    return dict(
        type='mmasgan.CameraMotionPrior', styles=dict(only=style), taps=(5, 9)
    )


def build(**changes):
    cfg = dict(
        type='mmasgan.MotionEstimator',
        motion_network=dict(
            type='mmasgan.MotionNetwork',
            channels=(8, 12),
            blocks=(1, 1),
            up_blocks=(1,),
        ),
        prior=prior_of(length=(4, 10), gamma=(1, 2.2)),
        margin=8,
        data_preprocessor=dict(
            type='mmagic.DataPreprocessor',
            mean=[127.5] * 3,
            std=[127.5] * 3,
            output_channel_order='RGB',
            data_keys=[],
            stack_data_sample=False,
        ),
    )
    return MODELS.build(cfg | changes)


def sgd(model, rate=0.0):
    return OptimWrapper(torch.optim.SGD(model.parameters(), rate))


def light_of(data, domain):
    images = [inputs[f'img_{domain}'] for inputs in data['inputs']]
    return torch.stack(images).float() / 255


def upsample(field, size):
    """Interpolate (C, h, w) between the centres of its pixels, by NumPy."""
    for axis, side in zip((1, 2), size, strict=True):
        small = field.shape[axis]
        at = (np.arange(side) + 0.5) * small / side - 0.5
        field = np.apply_along_axis(
            lambda line, at=at, n=small: np.interp(at, np.arange(n), line),
            axis,
            field,
        )
    return field


def true_form(offsets, size, margin):
    """Return what the network should put out, (N, 4, h, w), by NumPy."""
    forms = []
    for field in field_of_offsets(offsets).double().numpy():
        dx, dy, *change = upsample(field, size)
        length, angle = np.hypot(dx, dy), np.arctan2(dy, dx)
        form = np.stack(
            [length * np.cos(2 * angle), length * np.sin(2 * angle), *change]
        )
        form = form[:, margin : size[0] - margin, margin : size[1] - margin]
        rows, columns = (side // 4 for side in form.shape[1:])
        forms.append(form.reshape(4, rows, 4, columns, 4).mean(axis=(2, 4)))
    return torch.from_numpy(np.stack(forms)).float()


@pytest.mark.parametrize(
    ('margin', 'noise', 'taps', 'weights'),
    [(8, 0, 15, (0.1, 1.0)), (0, 25, 5, (0.3, 2.0))],
)
def test_terms_are_those_of_the_formula(batch, margin, noise, taps, weights):
    model = build(
        margin=margin,
        noise=noise,
        taps=taps,
        field_weight=weights[0],
        reblur_weight=weights[1],
    )
    data = batch((64, 56), count=3)
    light = light_of(data, 'sharp')
    inner = light[..., margin : 64 - margin, margin : 56 - margin]
    torch.manual_seed(5)
    motion = model.prior(3, 64, 56)
    clean = reblur_along_offsets(light, *motion, margin)
    deviation = torch.rand(3, 1, 1, 1) * noise / 255
    seen = clean + deviation * torch.randn(clean.shape)
    assert motion.gamma.unique().numel() == 2
    with torch.no_grad():
        read = model.motion_network.canonical(2 * seen - 1)
    true = true_form(motion.offsets, (64, 56), margin)
    again = reblur_along_field(inner, field_of_canonical(read), taps)
    apart = torch.linalg.vector_norm((read - true)[:, :2], dim=1)
    expected = {
        'loss_field': weights[0] * (read - true).abs().mean(),
        'loss_reblur': weights[1] * (again - clean).abs().mean(),
        'motion_error': apart.mean(),
    }

    torch.manual_seed(5)
    found = model.train_step(data, sgd(model))

    assert found.keys() == expected.keys()
    for name, value in expected.items():
        assert not found[name].requires_grad
        torch.testing.assert_close(
            found[name], value, rtol=1e-4, atol=1e-5, msg=name
        )


@pytest.mark.parametrize('knows', [True, False])
def test_the_motion_that_was_drawn_has_next_to_no_loss(batch, knows):
    model = build(prior=prior_of(length=(8, 8), shake=(0, 0)), margin=16)
    data = batch((64, 64), count=2)
    torch.manual_seed(5)
    offsets = model.prior(2, 64, 64).offsets
    answer = knows * true_form(offsets, (64, 64), 16)
    bias = model.motion_network.trunk.head.bias  # something to update
    model.motion_network.canonical = lambda _: answer + 0 * bias.sum()
    torch.manual_seed(5)
    found = model.train_step(data, sgd(model))
    if knows:
        assert found['loss_field'] < 1e-4
        assert found['motion_error'] < 1e-3
        assert found['loss_reblur'] < 0.05  # the border, and other taps
    else:
        assert found['loss_field'] > 0.1
        assert found['motion_error'] == pytest.approx(4, abs=0.6)  # half of 8
        assert found['loss_reblur'] > 0.1


def test_a_step_is_down_the_gradient_of_both_terms(batch):
    model = build()
    data = batch((48, 48))
    copies = [copy.deepcopy(model) for _ in range(3)]
    copies[1].reblur_weight, copies[2].field_weight = 0, 0
    steps = []
    for each in copies:
        torch.manual_seed(5)
        each.train_step(copy.deepcopy(data), sgd(each, 1.0))
        steps.append(
            torch.cat(
                [
                    (new - old).flatten()
                    for new, old in zip(
                        each.parameters(), model.parameters(), strict=True
                    )
                ]
            )
        )
    both, field, reblur = steps
    assert field.abs().max() > 0
    assert reblur.abs().max() > 0
    torch.testing.assert_close(both, field + reblur, atol=1e-4, rtol=1e-3)


def test_without_a_reblur_term_none_is_computed(batch):
    model = build(reblur_weight=0)
    found = model.train_step(batch((48, 48)), sgd(model))
    assert set(found) == {'loss_field', 'motion_error'}


def test_thirty_steps_lower_the_error(batch):
    model = build(prior=prior_of(length=(8, 10), shake=(0, 0)))
    wrapper = OptimWrapper(torch.optim.Adam(model.parameters(), 3e-3))
    data = batch((64, 64), count=4)
    errors = []
    for _ in range(30):
        torch.manual_seed(7)  # the same motions
        found = model.train_step(copy.deepcopy(data), wrapper)
        errors.append(found['motion_error'].item())
    assert errors[-1] < 0.6 * errors[0]


class Wrapper(nn.Module):
    """Like a distributed one: gradients are reduced of its forward alone."""

    def __init__(self, module):
        super().__init__()
        self.module = module

    def forward(self, *inputs, **options):
        return self.module(*inputs, **options)


def test_it_trains_behind_a_distributed_wrapper(batch):
    model, data = build(), batch((48, 48))
    wrapped = copy.deepcopy(model)
    wrapped.motion_network = Wrapper(wrapped.motion_network)
    found = []
    for each in (model, wrapped):
        torch.manual_seed(5)
        given = copy.deepcopy(data)
        found.append(each.train_step(given, sgd(each, 0.1)))
    torch.testing.assert_close(*found)
    for mine, theirs in zip(
        model.parameters(), wrapped.parameters(), strict=True
    ):
        torch.testing.assert_close(mine, theirs)
    assert wrapped.test_step(batch((40, 40)))


def test_no_blurred_image_is_needed(batch):
    model, data = build(), batch((48, 48))
    for inputs in data['inputs']:
        del inputs['img_blur']
    found = model.train_step(data, sgd(model))
    assert all(value.isfinite() for value in found.values())
    with pytest.raises(ValueError, match=r"inputs lack \['img_sharp'\]"):
        model.train_step(dict(data, inputs=[{}]), sgd(model))


def test_a_term_that_is_not_finite_stops_the_training(batch):
    model, data = build(), batch((48, 48))
    with torch.no_grad():
        model.motion_network.trunk.head.bias.fill_(float('nan'))
    message = r'loss_field.* is not finite.*sharp/0\.png'
    with pytest.raises(FloatingPointError, match=message):
        model.train_step(data, sgd(model))


class TestPrediction:
    @staticmethod
    def expected(model, data):
        sharp, blur = (light_of(data, d) for d in ('sharp', 'blur'))
        with torch.no_grad():
            field = model.motion_network(2 * blur - 1)
        return 255 * reblur_along_field(sharp, field, model.taps)

    @pytest.mark.parametrize('step', ['val_step', 'test_step'])
    @pytest.mark.parametrize('as_dict', [False, True])
    def test_it_is_the_sharp_image_along_the_motion_of_the_blurred_one(
        self, batch, step, as_dict
    ):
        model, data = build(), batch((40, 52), count=2)
        pred = self.expected(model, data)
        given = copy.deepcopy(data)
        if as_dict:  # as MMEngine's pseudo_collate gives it
            keys = given['inputs'][0]
            given['inputs'] = {
                key: [one[key] for one in given['inputs']] for key in keys
            }
        samples = getattr(model, step)(given)
        for index, sample in enumerate(samples):
            # The host's images are BGR.
            out = sample.output.pred_img.flip(0)
            assert out.dtype == torch.uint8
            assert (out.float() - pred[index]).abs().max() <= 0.501
            inputs = data['inputs'][index]
            assert torch.equal(sample.gt_img.flip(0), inputs['img_blur'])
            shown = sample.output.input_img.flip(0)
            assert torch.equal(shown, inputs['img_sharp'])
            assert (out.int() - shown.int()).abs().float().mean() > 1
            assert sample.name == f'scene-{index}'

    def test_it_leaves_model_and_batch_as_found(self, batch):
        model, data = build().train(), batch((40, 52))
        model.prior.eval()
        given = copy.deepcopy(data)
        random_state = torch.get_rng_state()
        model.val_step(given)
        assert model.motion_network.training
        assert not model.prior.training
        assert torch.equal(random_state, torch.get_rng_state())
        assert all(w.grad is None for w in model.parameters())
        for before, after in zip(data['inputs'], given['inputs'], strict=True):
            for key, image in before.items():
                assert torch.equal(after[key], image)


def test_forward_is_the_canonical_form():
    model = build()
    blurred = torch.rand(2, 3, 33, 40) * 2 - 1
    with torch.no_grad():
        out = model(blurred)
        form = model.motion_network.canonical(blurred)
    torch.testing.assert_close(out, form, atol=2e-3, rtol=0)
    assert out.shape == (2, 4, 9, 10)


@pytest.mark.parametrize('mode', ['loss', 'predict'])
def test_other_modes_are_refused(mode):
    with pytest.raises(ValueError, match=f"must be 'tensor', got '{mode}'"):
        build()(torch.zeros(1, 3, 32, 32), mode=mode)


def test_channels_last_is_a_layout_and_nothing_else():
    torch.manual_seed(0)
    plain = build()
    torch.manual_seed(0)
    model = build(channels_last=True)
    layout = dict(memory_format=torch.channels_last)
    for old, new in zip(plain.parameters(), model.parameters(), strict=True):
        assert torch.equal(old, new)
        assert new.dim() != 4 or new.is_contiguous(**layout)


def test_parts_may_be_modules():
    parts = build()
    model = MotionEstimator(parts.motion_network, parts.prior)
    assert model.motion_network is parts.motion_network
    assert model.prior is parts.prior
