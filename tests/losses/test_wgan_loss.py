import pytest
import torch

from mmasgan.losses import WGANLoss
from mmasgan.losses.functional import (
    wgan_discriminator_loss,
    wgan_generator_loss,
)


@pytest.fixture
def logits(device):
    return torch.randn(2, 2, 1, 3, 3, device=device)


def test_equals_the_functions(logits):
    loss, (real, fake) = WGANLoss(), logits
    discriminator_loss = loss.discriminator_loss(real, fake)
    assert discriminator_loss == wgan_discriminator_loss(real, fake)
    assert loss.generator_loss(real, fake) == wgan_generator_loss(fake)


def test_signs():
    loss = WGANLoss()
    real, fake = torch.full((2, 1, 2, 2), 3.0), torch.full((2, 1, 2, 2), -1.0)
    assert loss.discriminator_loss(real, fake) == -4
    assert loss.generator_loss(real, fake) == 1


def test_weight_scales_the_generators_loss_alone(logits):
    one, three, (real, fake) = WGANLoss(), WGANLoss(3), logits
    expected = 3 * one.generator_loss(real, fake)
    torch.testing.assert_close(three.generator_loss(real, fake), expected)
    expected = one.discriminator_loss(real, fake)
    assert three.discriminator_loss(real, fake) == expected


def test_generator_needs_no_real_logits(logits):
    loss, (real, fake) = WGANLoss(), logits
    assert not loss.relativistic
    without = loss.generator_loss(None, fake)
    assert without == loss.generator_loss(real, fake)
