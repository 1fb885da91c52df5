import numpy as np
import pytest
import torch
from numpy_reference import array, assert_close
from torch.autograd import gradcheck

from mmasgan.losses.functional import (
    discriminator_accuracy,
    gradient_penalty,
    lsgan_discriminator_loss,
    lsgan_generator_loss,
    mean_absolute_error,
    mean_squared_error,
    relativistic_average_ls,
    wgan_discriminator_loss,
    wgan_generator_loss,
)

dtypes = pytest.mark.parametrize('dtype', [torch.float32, torch.float64])
sizes = pytest.mark.parametrize(
    'size', [(1, 1, 1, 1), (1, 1, 4, 4), (3, 1, 2, 5)]
)


def random(*size, dtype=torch.float64):
    return torch.randn(size, dtype=torch.float64).to(dtype)


def ragan_ls(a, b):
    total = 0.0
    for value in a.flat:
        total += (value - b.mean() - 1) ** 2 / a.size
    for value in b.flat:
        total += (value - a.mean() + 1) ** 2 / b.size
    return total / 2


class TestLogits:
    """The adversarial terms, which see logits alone."""

    two = pytest.mark.parametrize(
        ('function', 'formula'),
        [
            (relativistic_average_ls, ragan_ls),
            (wgan_discriminator_loss, lambda r, f: f.mean() - r.mean()),
            (
                lsgan_discriminator_loss,
                lambda r, f: (np.mean((r - 1) ** 2) + np.mean(f**2)) / 2,
            ),
        ],
    )
    one = pytest.mark.parametrize(
        ('function', 'formula'),
        [
            (wgan_generator_loss, lambda f: -f.mean()),
            (lsgan_generator_loss, lambda f: np.mean((f - 1) ** 2)),
        ],
    )

    @two
    @sizes
    @dtypes
    def test_two_equal_numpy(self, device, function, formula, size, dtype):
        real, fake = random(*size), random(*size) + 0.5
        actual = function(real.to(device, dtype), fake.to(device, dtype))
        assert_close(actual, formula(array(real), array(fake)))

    @one
    @sizes
    @dtypes
    def test_one_equals_numpy(self, device, function, formula, size, dtype):
        fake = random(*size)
        assert_close(function(fake.to(device, dtype)), formula(array(fake)))

    @two
    def test_unequal_batches(self, function, formula):
        real, fake = random(2, 1, 3, 3), random(3, 1, 2, 2)
        expected = formula(array(real), array(fake))
        assert_close(function(real, fake), expected)

    @two
    def test_gradient_of_two(self, function, formula):
        real, fake = random(2, 1, 4, 4), random(2, 1, 4, 4)
        logits = real.requires_grad_(), fake.requires_grad_()
        assert gradcheck(function, logits)

    @one
    def test_gradient_of_one(self, function, formula):
        assert gradcheck(function, random(2, 1, 4, 4).requires_grad_())


class TestRelativisticAverageLS:
    @pytest.mark.parametrize('constant', [-3.0, 0.0, 7.0])
    def test_is_1_for_equal_constants(self, constant):
        logits = torch.full((2, 1, 3, 3), constant)
        assert relativistic_average_ls(logits, logits) == 1

    @pytest.mark.parametrize(('gap', 'expected'), [(1, 0), (2, 1), (-1, 4)])
    def test_of_constants_is_the_squared_gap_to_1(self, gap, expected):
        lower = torch.full((2, 1, 3, 3), 5.0)
        assert relativistic_average_ls(lower + gap, lower) == expected

    def test_ignores_a_common_shift(self):
        a, b = random(2, 1, 3, 3), random(2, 1, 3, 3)
        shifted = relativistic_average_ls(a + 4, b + 4)
        assert_close(shifted, array(relativistic_average_ls(a, b)))

    def test_gradient_flows_through_the_inner_means(self):
        higher, lower = random(2, 1, 3, 3), random(3, 1, 2, 4)
        higher.requires_grad_()
        lower.requires_grad_()
        relativistic_average_ls(higher, lower).backward()

        # d/da_i: its own square, and all squares of b through b's mean of a
        a, b = array(higher), array(lower)
        own_a = (a - b.mean() - 1) / a.size
        own_b = (b - a.mean() + 1) / b.size
        assert_close(higher.grad, own_a - own_b.sum() / a.size)
        assert_close(lower.grad, own_b - own_a.sum() / b.size)

    def test_takes_the_inner_means_that_it_is_given(self):
        a, b = random(2, 1, 3, 3), random(2, 1, 3, 3)
        actual = relativistic_average_ls(a, b, mean=lambda x: x.mean() * 2)
        x, y = array(a), array(b)
        expected = (
            np.mean((x - 2 * y.mean() - 1) ** 2)
            + np.mean((y - 2 * x.mean() + 1) ** 2)
        ) / 2
        assert_close(actual, expected)


class TestGradientPenalty:
    real = property(lambda _: random(3, 2, 4, 4))
    fake = property(lambda _: random(3, 2, 4, 4))
    alpha = property(lambda _: torch.rand(3, dtype=torch.float64))

    @pytest.mark.parametrize('norm', [0.25, 1.0, 3.0])
    @dtypes
    def test_of_a_linear_discriminator(self, device, norm, dtype):
        weight = random(2, 4, 4)
        weight = (weight / weight.norm() * norm).to(device, dtype)
        images = random(3, 2, 4, 4).to(device, dtype)
        actual = gradient_penalty(
            lambda x: (x * weight).sum(dim=(1, 2, 3)),
            images,
            -images,
            torch.rand(3, device=device, dtype=dtype),
        )
        assert_close(actual, (norm - 1) ** 2)

    def test_of_a_quadratic_discriminator(self):
        # D(x) = sum a x^2 / 2 has the gradient a x, which differs a sample
        real, fake, scale = self.real, self.fake, random(2, 4, 4)
        alpha = torch.tensor([0.0, 0.25, 1.0], dtype=torch.float64)

        actual = gradient_penalty(
            lambda x: (scale * x.square() / 2).sum(dim=(1, 2, 3)),
            real,
            fake,
            alpha,
        )

        penalties = []
        for n, mix in enumerate(array(alpha)):
            mixed = mix * array(real[n]) + (1 - mix) * array(fake[n])
            norm = np.sqrt(np.sum((array(scale) * mixed) ** 2))
            penalties.append((norm - 1) ** 2)
        assert_close(actual, np.mean(penalties))

    def test_of_patches_is_that_of_their_mean(self):
        weights = random(6, 2, 4, 4)

        def patches(x):
            logits = torch.einsum('nchw,pchw->np', x, weights)
            return logits.view(3, 1, 2, 3)

        actual = gradient_penalty(patches, self.real, self.fake, self.alpha)
        norm = np.sqrt(np.sum(array(weights).mean(axis=0) ** 2))
        assert_close(actual, (norm - 1) ** 2)

    def test_gradient_with_respect_to_weights_of_a_linear_discriminator(self):
        weight = random(2, 4, 4).requires_grad_()
        gradient_penalty(
            lambda x: (x * weight).sum(dim=(1, 2, 3)),
            self.real,
            self.fake,
            self.alpha,
        ).backward()
        w = array(weight)
        norm = np.sqrt(np.sum(w**2))
        assert_close(weight.grad, 2 * (norm - 1) * w / norm)

    def test_gradient(self):
        real, fake = self.real[:2], self.fake[:2]
        alpha = torch.tensor([0.3, 0.8], dtype=torch.float64)

        def penalty(weight):
            def discriminator(x):
                return (weight * x).tanh().sum(dim=1, keepdim=True)

            return gradient_penalty(discriminator, real, fake, alpha)

        assert gradcheck(penalty, random(2, 4, 4).requires_grad_())

    @dtypes
    def test_is_finite_where_the_gradient_vanishes(self, dtype):
        weight = torch.zeros(2, 4, 4, dtype=dtype, requires_grad=True)
        images = random(3, 2, 4, 4, dtype=dtype)
        penalty = gradient_penalty(
            lambda x: (x * weight).sum(dim=(1, 2, 3)),
            images,
            images,
            torch.rand(3, dtype=dtype),
        )
        penalty.backward()
        # eps alone is under the root
        assert penalty.item() == pytest.approx((1e-6 - 1) ** 2)
        assert torch.isfinite(weight.grad).all()

    def test_no_gradient_into_the_images(self):
        real, fake = self.real.requires_grad_(), self.fake.requires_grad_()
        weight = random(2, 4, 4).requires_grad_()
        gradient_penalty(
            lambda x: (weight * x).tanh().sum(dim=(1, 2, 3)),
            real,
            fake,
            self.alpha,
        ).backward()
        assert weight.grad is not None
        assert real.grad is None
        assert fake.grad is None

    def test_refuses_images_of_two_shapes(self):
        with pytest.raises(ValueError, match='real and fake must have the sa'):
            gradient_penalty(
                torch.sum, self.real, self.fake[:2], torch.rand(3)
            )

    @pytest.mark.parametrize('size', [(1,), (2,), (3, 1, 1, 1), ()])
    def test_refuses_alpha_that_is_not_one_a_sample(self, size):
        with pytest.raises(ValueError, match=r'alpha must be \(3,\), one'):
            gradient_penalty(torch.sum, self.real, self.fake, torch.rand(size))


class TestDistances:
    both = pytest.mark.parametrize(
        ('function', 'formula'),
        [
            (mean_absolute_error, lambda d: np.abs(d).sum() / d.size),
            (mean_squared_error, lambda d: (d**2).sum() / d.size),
        ],
    )

    @both
    @dtypes
    @pytest.mark.parametrize('size', [(1, 3, 2, 2), (2, 4, 3, 5)])
    def test_equal_numpy(self, device, function, formula, dtype, size):
        output, target = random(*size), random(*size)
        actual = function(output.to(device, dtype), target.to(device, dtype))
        assert_close(actual, formula(array(output) - array(target)))

    @both
    def test_are_0_for_identical_images(self, function, formula):
        image = random(2, 3, 4, 4)
        assert function(image, image.clone()) == 0

    @both
    def test_gradient(self, function, formula):
        target = random(1, 3, 4, 4)
        output = target + random(1, 3, 4, 4).sign() / 2
        tensors = output.requires_grad_(), target.requires_grad_()
        assert gradcheck(function, tensors)

    @both
    def test_refuse_to_broadcast(self, function, formula):
        with pytest.raises(
            ValueError,
            match=r'output and target .* \(2, 3, 4, 4\) and \(1, 3, 4, 4\)',
        ):
            function(torch.zeros(2, 3, 4, 4), torch.zeros(1, 3, 4, 4))


class TestShareToldApart:
    @sizes
    def test_it_counts_patches_on_the_right_side(self, size):
        real, fake = random(*size) + 0.5, random(*size)
        r, f = array(real).ravel(), array(fake).ravel()
        right = sum(r > f.mean()) + sum(f < r.mean())
        assert_close(discriminator_accuracy(real, fake), right / (2 * r.size))

    def test_it_is_a_half_where_nothing_can_be_told(self):
        same = torch.linspace(-1, 1, 64).view(1, 1, 8, 8)
        assert discriminator_accuracy(same, same.flip(3)) == 0.5

    @pytest.mark.parametrize(('shift', 'share'), [(9, 1), (-9, 0)])
    def test_who_wins_has_all_patches(self, shift, share):
        fake = random(2, 1, 3, 3).clamp(-2, 2)
        assert discriminator_accuracy(fake + shift, fake) == share

    def test_it_passes_no_gradient(self):
        real = random(1, 1, 2, 2).requires_grad_()
        assert not discriminator_accuracy(real, real * 2).requires_grad
