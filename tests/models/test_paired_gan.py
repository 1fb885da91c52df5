import copy

import pytest
import torch
from torch import nn

from mmasgan.models.paired_gan import PairedGAN, logits_of


class Scale(nn.Module):
    def __init__(self, factor):
        super().__init__()
        self.factor = nn.Parameter(torch.tensor(factor))

    def forward(self, x):
        return self.factor * x


class TwoHeads(nn.Module):
    """Logits are the mean of the image, and three times it."""

    def __init__(self):
        super().__init__()
        self.heads = nn.ModuleList([Scale(1.0), Scale(3.0)])

    def forward(self, x):
        return [head(x.mean(dim=(1, 2, 3))) for head in self.heads]


class Objective(nn.Module):
    """Losses from which one sees what they were given, and how often."""

    def __init__(self, relativistic):
        super().__init__()
        self.relativistic = relativistic
        self.calls = []

    def discriminator_loss(self, real, fake):
        self.calls.append('discriminator')
        return (10 * real + fake).mean()

    def generator_loss(self, real, fake):
        self.calls.append('generator')
        assert (real is None) != self.relativistic
        return fake.mean() if real is None else (10 * real + fake).mean()


class L1(nn.Module):
    def forward(self, output, truth):
        return (output - truth).abs().mean()


class Toy(PairedGAN):
    def __init__(self, relativistic=False):
        super().__init__(
            data_preprocessor=dict(
                type='mmagic.DataPreprocessor',
                mean=[127.5] * 3,
                std=[127.5] * 3,
                output_channel_order='RGB',
                data_keys=[],
                stack_data_sample=False,
            )
        )
        self.generator = Scale(0.5)
        self.discriminator = TwoHeads()
        self.adversarial_loss = Objective(relativistic)
        self.content_losses = nn.ModuleDict({'content': L1()})
        self.discriminator_steps = 3


def state(module):
    return copy.deepcopy(module.state_dict())


def same(before, module):
    after = module.state_dict()
    return all(torch.equal(v, after[k]) for k, v in before.items())


def real(data, domain):
    (inputs,) = data['inputs']
    return inputs[f'img_{domain}'][None].float() / 127.5 - 1


@pytest.mark.parametrize('relativistic', [False, True])
def test_terms_are_means_over_the_heads(optimizers, batch, relativistic):
    model, data = Toy(relativistic), batch()
    blur, sharp = real(data, 'blur'), real(data, 'sharp')
    losses = model.train_step(data, optimizers(model, 0, 0))
    fake = 0.5 * blur
    heads = (1 + 3) / 2
    judged = 10 * sharp.mean() if relativistic else 0
    expected = {
        'loss_disc_deblur': heads * (10 * sharp.mean() + fake.mean()),
        'loss_gan_deblur': heads * (judged + fake.mean()),
        'loss_content_deblur': (fake - sharp).abs().mean(),
    }
    assert losses.keys() == expected.keys()
    for name, value in expected.items():
        torch.testing.assert_close(losses[name], value, msg=name)
        assert not losses[name].requires_grad


def test_the_discriminator_steps_on_the_batch_of_the_generator(
    optimizers, batch
):
    model, data = Toy(), batch()
    model.train_step(data, optimizers(model, gen_lr=0, disc_lr=1))
    assert model.adversarial_loss.calls == 2 * 3 * ['discriminator'] + 2 * [
        'generator'
    ]
    # Its loss is linear, so each step moves a head as far as the first.
    blur, sharp = real(data, 'blur'), real(data, 'sharp')
    gradient = (10 * sharp.mean() + 0.5 * blur.mean()) / 2
    for head, start in zip(model.discriminator.heads, (1, 3), strict=True):
        torch.testing.assert_close(head.factor.data, start - 3 * gradient)


def test_the_generator_descends_the_sum_of_its_terms(optimizers, batch):
    model, data = Toy(), batch()
    blur, sharp = real(data, 'blur'), real(data, 'sharp')
    model.train_step(data, optimizers(model, gen_lr=0.1, disc_lr=0))
    content = (blur * (0.5 * blur - sharp).sign()).mean()
    gradient = (1 + 3) / 2 * blur.mean() + content
    found = model.generator.factor.data
    torch.testing.assert_close(found, 0.5 - 0.1 * gradient)


@pytest.mark.parametrize('side', ['generator', 'discriminator'])
def test_a_step_of_one_side_leaves_the_other(optimizers, batch, side):
    model = Toy()
    before = state(getattr(model, side))
    rates = dict(gen_lr=0) if side == 'generator' else dict(disc_lr=0)
    model.train_step(batch(), optimizers(model, **rates))
    assert same(before, getattr(model, side))
    for weight in model.discriminator.parameters():
        assert weight.requires_grad
        assert weight.grad is None or not weight.grad.any()


@pytest.mark.parametrize('part', ['discriminator', 'generator'])
def test_a_non_finite_term_stops_training(optimizers, batch, part):
    model = Toy()
    with torch.no_grad():
        next(getattr(model, part).parameters()).fill_(float('inf'))
    before = state(model)
    with pytest.raises(FloatingPointError) as caught:
        model.train_step(batch(), optimizers(model))
    message = str(caught.value)
    assert 'iteration 0: loss_disc_deblur is not' in message
    assert 'blur/0.png' in message
    assert 'sharp/0.png' in message
    assert same(before, model)


def test_a_pair_is_needed(optimizers, batch):
    model = Toy()
    with pytest.raises(ValueError, match=r"lack \['img_sharp'\]"):
        model.train_step(batch(sharp=False), optimizers(model))


def test_forward_deblurs():
    image = torch.rand(1, 3, 4, 4)
    assert torch.equal(Toy()(image), 0.5 * image)
    with pytest.raises(ValueError, match="must be 'tensor', got 'loss'"):
        Toy()(image, mode='loss')


def test_validation_and_test_share_one_path(batch):
    model, data = Toy(), batch(count=2)
    samples = [
        step(copy.deepcopy(data)) for step in (model.val_step, model.test_step)
    ]
    for one, other in zip(*samples, strict=True):
        assert torch.equal(one.output.pred_img, other.output.pred_img)
    assert model.training


def test_init_weights_reaches_all_parts():
    model, called = Toy(), []
    for name in ('generator', 'discriminator'):
        part = getattr(model, name)
        part.init_weights = lambda name=name: called.append(name)
    loss = model.content_losses['content']
    loss.init_weights = lambda: called.append('content')
    model.init_weights()
    assert called == ['generator', 'discriminator', 'content']


def test_logits_are_a_list_of_float32():
    images = torch.rand(2, 3, 4, 4, dtype=torch.bfloat16)
    (one,) = logits_of(nn.Identity(), images)
    assert one.dtype == torch.float32
    assert len(logits_of(TwoHeads(), images)) == 2
