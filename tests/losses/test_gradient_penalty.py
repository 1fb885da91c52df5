import numpy as np
import pytest
import torch
from numpy_reference import array, assert_close
from torch import nn

from mmasgan.losses import GradientPenalty
from mmasgan.losses.functional import gradient_penalty


@pytest.fixture
def images(device):
    return torch.randn(2, 4, 2, 6, 6, device=device)


def test_of_a_linear_discriminator(device, images):
    weight = torch.randn(2, 6, 6, device=device)
    actual = GradientPenalty(weight=10)(
        lambda x: (x * weight).sum(dim=(1, 2, 3)), *images
    )
    norm = np.sqrt(np.sum(array(weight) ** 2))
    assert_close(actual, 10 * (norm - 1) ** 2)


def test_weight_defaults_to_10():
    assert GradientPenalty().weight == 10


def test_draws_one_alpha_a_sample(images):
    real, fake = images
    seen = []

    def discriminator(x):
        seen.append(array(x))
        return x.square().sum(dim=(1, 2, 3))

    GradientPenalty()(discriminator, real, fake)

    # x = fake + alpha (real - fake), solved for alpha at each value
    (mixed,) = seen
    alpha = (mixed - array(fake)) / (array(real) - array(fake))
    per_sample = np.median(alpha, axis=(1, 2, 3))
    expected = per_sample[:, None, None, None] * np.ones_like(alpha)
    np.testing.assert_allclose(alpha, expected, atol=1e-2)
    assert (per_sample > 0).all()
    assert (per_sample < 1).all()
    assert np.diff(np.sort(per_sample)).min() > 1e-3


def test_draws_alpha_anew_at_each_call(images):
    seen = []

    def discriminator(x):
        seen.append(x.detach())
        return x.sum(dim=(1, 2, 3))

    penalty = GradientPenalty()
    penalty(discriminator, *images)
    penalty(discriminator, *images)
    assert not torch.equal(*seen)


def test_equals_the_function(device, images):
    def discriminator(x):
        return x.sin().sum(dim=1, keepdim=True)

    torch.manual_seed(1)
    actual = GradientPenalty(3)(discriminator, *images)
    torch.manual_seed(1)
    alpha = torch.rand(4, device=device)
    expected = 3 * gradient_penalty(discriminator, *images, alpha)
    torch.testing.assert_close(actual, expected)


@pytest.mark.parametrize('dtype', [torch.bfloat16, torch.float16])
def test_is_float32_under_autocast(device, images, dtype):
    conv = nn.Conv2d(2, 1, 3).to(device)

    def discriminator(x):
        assert x.dtype == torch.float32
        logits = conv(x.tanh())
        assert logits.dtype == torch.float32
        return logits

    penalty = GradientPenalty()
    torch.manual_seed(1)
    expected = penalty(discriminator, *images)
    torch.manual_seed(1)
    with torch.autocast(device.type, dtype):
        actual = penalty(discriminator, *images)

    assert actual.dtype == torch.float32
    torch.testing.assert_close(actual, expected)


def test_half_precision_images_do_not_overflow(device, images):
    weight = torch.full((2, 6, 6), 100.0, device=device)
    actual = GradientPenalty()(
        lambda x: (x * weight).sum(dim=(1, 2, 3)), *images.half()
    )
    norm = 100 * np.sqrt(2 * 6 * 6)  # its square is above 65504
    assert_close(actual, 10 * (norm - 1) ** 2)


def test_gradient_goes_to_the_discriminator_alone(device, images):
    real, fake = images[0].requires_grad_(), images[1].requires_grad_()
    conv = nn.Conv2d(2, 1, 3).to(device)
    GradientPenalty()(lambda x: conv(x).tanh(), real, fake).backward()
    assert conv.weight.grad.abs().max() > 0
    assert real.grad is None
    assert fake.grad is None


def test_refuses_images_of_two_shapes(images):
    with pytest.raises(ValueError, match='real and fake must have the same'):
        GradientPenalty()(torch.sum, images[0], images[1, :1])
