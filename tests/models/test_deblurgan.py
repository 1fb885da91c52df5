import copy
import warnings

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import MODELS
from torchvision.models.vgg import cfgs, make_layers

from mmasgan.models import DeblurGAN

CRITIC_STEPS = 5


@pytest.fixture
def build(root):
    """Build the row's model at width 4, with any arguments changed."""

    def build(generator=None, **changes):
        cfg = Config.fromfile(root / 'configs' / 'deblurgan_wild_gopro.py')
        model = cfg.model
        model.generator.update(base_channels=4, num_blocks=1)
        model.generator.update(generator or {})
        model.discriminator.base_channels = 4
        model.content_loss.weights = None
        model.update(changes)
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')  # of random weights
            return MODELS.build(model)

    return build


def real(data, domain):
    images = [inputs[f'img_{domain}'] for inputs in data['inputs']]
    return torch.stack(images).float() / 127.5 - 1


def state(module):
    return copy.deepcopy(module.state_dict())


def same(before, module):
    after = module.state_dict()
    return all(torch.equal(v, after[k]) for k, v in before.items())


def conv3_3(model, images):
    """VGG-19's seventh convolution by torchvision, images as they are."""
    vgg = make_layers(cfgs['E'], batch_norm=False)[:15]
    vgg.load_state_dict(
        model.content_losses['content'].features.features.state_dict()
    )
    return vgg(images)


@pytest.mark.parametrize('count', [1, 2])
def test_terms_are_those_of_the_paper(build, optimizers, batch, count):
    model = build(generator=dict(dropout=0), gradient_penalty=None)
    data = batch(count=count)
    blur, sharp = real(data, 'blur'), real(data, 'sharp')
    judge = model.discriminator
    with torch.no_grad():
        fake = model.generator(blur)
        difference = conv3_3(model, fake) - conv3_3(model, sharp)
        expected = {
            'loss_disc_deblur': judge(fake).mean() - judge(sharp).mean(),
            'loss_gan_deblur': -judge(fake).mean(),
            'loss_content_deblur': 100 * difference.square().mean(),
        }
    losses = model.train_step(data, optimizers(model, 0, 0))
    assert losses.keys() == expected.keys()
    for name, value in expected.items():
        torch.testing.assert_close(losses[name], value, msg=name)


def test_the_penalty_has_weight_10(build, optimizers, batch, monkeypatch):
    model, data = build(generator=dict(dropout=0)), batch()
    alpha = torch.tensor([0.25])
    monkeypatch.setattr('torch.rand', lambda *args, **kwargs: alpha)
    sharp = real(data, 'sharp')
    fake = model.generator(real(data, 'blur')).detach()
    mixed = (0.25 * sharp + 0.75 * fake).requires_grad_()
    (gradient,) = torch.autograd.grad(model.discriminator(mixed).mean(), mixed)
    expected = 10 * (gradient.norm() - 1) ** 2
    losses = model.train_step(data, optimizers(model, 0, 0))
    torch.testing.assert_close(losses['loss_penalty_deblur'], expected)


def test_five_critic_steps_a_generator_step(build, optimizers, batch):
    model, data = build(), batch()
    wrappers, steps = optimizers(model), []
    for name in wrappers.keys():  # noqa: SIM118  no dict
        wrappers[name].optimizer.register_step_post_hook(
            lambda *_, name=name: steps.append(name)
        )
    seen = []
    model.generator.register_forward_hook(lambda *_: seen.append('generator'))
    model.train_step(data, wrappers)
    assert steps == CRITIC_STEPS * ['discriminators'] + ['generators']
    assert seen == ['generator']  # one output for all six


@pytest.mark.parametrize('side', ['generator', 'discriminator'])
def test_a_step_of_one_side_leaves_the_other(build, optimizers, batch, side):
    model = build()
    (moved,) = {'generator', 'discriminator'} - {side}
    before = state(getattr(model, side)), state(model.content_losses)
    start = state(getattr(model, moved))
    rates = dict(gen_lr=0) if side == 'generator' else dict(disc_lr=0)
    model.train_step(batch(), optimizers(model, **rates))
    assert same(before[0], getattr(model, side))
    assert same(before[1], model.content_losses)
    assert not same(start, getattr(model, moved))


def test_evaluation_leaves_the_model_as_found(build, batch):
    model, data = build(), batch(count=2)
    model.discriminator.eval()
    modes = {name: m.training for name, m in model.named_modules()}
    before = state(model)
    first = model.val_step(copy.deepcopy(data))
    assert modes == {name: m.training for name, m in model.named_modules()}
    assert same(before, model)
    second = model.test_step(data)  # without dropout, so the same
    for one, other in zip(first, second, strict=True):
        assert torch.equal(one.output.pred_img, other.output.pred_img)


def test_the_output_is_clamped_in_training_too(build, batch):
    model = build()
    with torch.no_grad():
        model.generator.decoder[-2].bias.fill_(5)
    out = model.generator(torch.rand(1, 3, 32, 32))
    assert out.max() == 1


def test_the_row_is_the_published_model(root):
    model = Config.fromfile(root / 'configs/deblurgan_wild_gopro.py').model
    assert model.type is DeblurGAN
    assert model.discriminator_steps == CRITIC_STEPS
    assert model.generator.dropout == 0.5


def test_a_tested_model_needs_its_generator_alone(build, batch):
    model, data = build(), batch()
    bare = build(discriminator=None, adversarial_loss=None, content_loss=None)
    bare.generator.load_state_dict(model.generator.state_dict())
    (one,) = model.test_step(copy.deepcopy(data))
    (other,) = bare.test_step(data)
    assert torch.equal(one.output.pred_img, other.output.pred_img)


def test_the_critic_needs_a_step():
    with pytest.raises(ValueError, match='at least 1, got 0'):
        DeblurGAN(None, None, None, None, discriminator_steps=0)
