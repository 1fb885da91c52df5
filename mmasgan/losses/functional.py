r"""The formulas of all losses, as pure functions of tensors.

In all formulas, :math:`r = D(x_r)` and :math:`f = D(x_f)` are the logits of
real and generated images, (N, 1, h, w), unbounded, and :math:`\mathbb{E}` is
the mean over batch and patches. The two batches of an adversarial loss may
have different shapes.
"""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import l1_loss, mse_loss

__all__ = [
    'gradient_penalty',
    'lsgan_discriminator_loss',
    'lsgan_generator_loss',
    'relativistic_average_ls',
    'wgan_discriminator_loss',
    'wgan_generator_loss',
]

Discriminator = Callable[[Tensor], Tensor]
Mean = Callable[[Tensor], Tensor]


def _check_same_shape(**tensors: Tensor) -> None:
    (name, tensor), (other_name, other) = tensors.items()
    if tensor.shape != other.shape:
        raise ValueError(
            f'{name} and {other_name} must have the same shape, got '
            f'{tuple(tensor.shape)} and {tuple(other.shape)}'
        )


def relativistic_average_ls(
    higher_logits: Tensor, lower_logits: Tensor, mean: Mean = torch.mean
) -> Tensor:
    r"""Relativistic average least squares loss.

    .. math::
        \frac{1}{2} \left\{
        \mathbb{E}\left[(a - \mathbb{E}[b] - 1)^2\right] +
        \mathbb{E}\left[(b - \mathbb{E}[a] + 1)^2\right] \right\}

    with :math:`a` the higher and :math:`b` the lower logits:
    :math:`a = r, b = f` in the discriminator's loss, and
    :math:`a = f, b = r` in the generator's.

    Source: Jolicoeur-Martineau, The Relativistic Discriminator, ICLR 2019
    (RaLSGAN). Differs from it in: the factor 1/2, as in DeblurGANv2 (Kupyn
    et al., ICCV 2019). The inner means have a gradient.

    Args:
        higher_logits: Logits that should be higher by 1, (N, 1, h, w).
        lower_logits: Logits that should be lower by 1, (N', 1, h', w').
        mean: Function that computes the inner means. A mean over all ranks
            gives the loss of the global batch.

    Returns:
        Loss, a scalar.
    """
    to_higher = higher_logits - mean(lower_logits) - 1
    to_lower = lower_logits - mean(higher_logits) + 1
    return (to_higher.square().mean() + to_lower.square().mean()) / 2


def wgan_discriminator_loss(
    real_logits: Tensor, fake_logits: Tensor
) -> Tensor:
    r"""Wasserstein critic loss, without gradient penalty.

    .. math:: \mathbb{E}[f] - \mathbb{E}[r]

    Source: Arjovsky et al., ICML 2017; Gulrajani et al., NeurIPS 2017,
    Eq. (3), first two terms. Differs from it in: nothing.

    Args:
        real_logits: Logits of real images, (N, 1, h, w).
        fake_logits: Logits of generated images, (N', 1, h', w').

    Returns:
        Loss, a scalar.
    """
    return fake_logits.mean() - real_logits.mean()


def wgan_generator_loss(fake_logits: Tensor) -> Tensor:
    r"""Wasserstein generator loss.

    .. math:: -\mathbb{E}[f]

    Source: Arjovsky et al., ICML 2017, Alg. 1. Differs from it in: nothing.

    Args:
        fake_logits: Logits of generated images, (N, 1, h, w).

    Returns:
        Loss, a scalar.
    """
    return -fake_logits.mean()


def lsgan_discriminator_loss(
    real_logits: Tensor, fake_logits: Tensor
) -> Tensor:
    r"""Least squares discriminator loss.

    .. math:: \frac{1}{2} \mathbb{E}[(r - 1)^2] + \frac{1}{2} \mathbb{E}[f^2]

    Source: Mao et al., ICCV 2017, Eq. (9). Differs from it in: nothing.

    Args:
        real_logits: Logits of real images, (N, 1, h, w).
        fake_logits: Logits of generated images, (N', 1, h', w').

    Returns:
        Loss, a scalar.
    """
    return (
        (real_logits - 1).square().mean() + fake_logits.square().mean()
    ) / 2


def lsgan_generator_loss(fake_logits: Tensor) -> Tensor:
    r"""Least squares generator loss.

    .. math:: \mathbb{E}[(f - 1)^2]

    Source: Mao et al., ICCV 2017, Eq. (9). Differs from it in: no factor 1/2,
    as in CycleGAN (Zhu et al., ICCV 2017).

    Args:
        fake_logits: Logits of generated images, (N, 1, h, w).

    Returns:
        Loss, a scalar.
    """
    return (fake_logits - 1).square().mean()


def gradient_penalty(
    discriminator: Discriminator,
    real: Tensor,
    fake: Tensor,
    alpha: Tensor,
    eps: float = 1e-12,
) -> Tensor:
    r"""Two-sided gradient penalty, per sample.

    .. math::
        \mathbb{E}_n \left[ \left(
        \lVert \nabla_{\hat{x}_n} D(\hat{x}_n) \rVert_2 - 1
        \right)^2 \right], \quad
        \hat{x}_n = \alpha_n x_{r,n} + (1 - \alpha_n) x_{f,n}

    The norm is over channels, height and width of each sample. D of a sample
    with several patches is their mean, as in the losses. Their sum, which
    many PatchGAN implementations penalise, would be a bound 900 times tighter
    at 256x256. The discriminator must keep samples independent, so it must
    not have batch norm.

    Source: Gulrajani et al., NeurIPS 2017, Eq. (3), last term. Differs from
    it in: ``eps`` under the root, whose gradient is infinite at 0.

    Args:
        discriminator: Function from images to logits (N, ...).
        real: Real images, (N, C, H, W); they are detached.
        fake: Generated images, (N, C, H, W); they are detached.
        alpha: Mixing weight of each sample, (N,), in [0, 1].
        eps: Constant added to the squared norm.

    Returns:
        Penalty, a scalar, differentiable with respect to the discriminator's
        weights.

    Raises:
        ValueError: If the shapes differ or ``alpha`` is not (N,).
    """
    _check_same_shape(real=real, fake=fake)
    if alpha.shape != real.shape[:1]:
        raise ValueError(
            f'alpha must be ({len(real)},), one weight per sample, got '
            f'{tuple(alpha.shape)}'
        )
    alpha = alpha.view(-1, 1, 1, 1)
    mixed = torch.lerp(fake.detach(), real.detach(), alpha)
    mixed.requires_grad_()
    logits = discriminator(mixed)
    patches = logits.numel() / len(logits)
    (gradient,) = torch.autograd.grad(
        logits.sum() / patches, mixed, create_graph=True
    )
    norm = (gradient.square().sum(dim=(1, 2, 3)) + eps).sqrt()
    return (norm - 1).square().mean()


def mean_absolute_error(output: Tensor, target: Tensor) -> Tensor:
    r"""Mean absolute error.

    .. math:: \frac{1}{NCHW} \lVert y - t \rVert_1

    Source: Zhu et al., ICCV 2017, Eq. (2) and Sec. 5.2, as implemented there.
    The AS-CycleGAN paper's Eq. (6) writes the norm without 1/CHW.

    Args:
        output: Images y, (N, C, H, W).
        target: Images t, (N, C, H, W).

    Returns:
        Loss, a scalar.

    Raises:
        ValueError: If the two shapes differ.
    """
    _check_same_shape(output=output, target=target)
    return l1_loss(output, target)


def mean_log_absolute_error(
    output: Tensor, target: Tensor, epsilon: float
) -> Tensor:
    r"""Mean over the images of the logarithm of their mean absolute error.

    .. math:: \frac{1}{N} \sum_n \log\left(
        \frac{1}{CHW} \lVert y_n - t_n \rVert_1 + \epsilon \right)

    Source: the PSNR loss of Chen et al., CVPRW 2021 (HINet). Differs from it
    in: the L1 norm, and no factor 10 / log(10).

    Args:
        output: Images y, (N, C, H, W).
        target: Images t, (N, C, H, W).
        epsilon: Positive constant added to the error of each image.

    Returns:
        Loss, a scalar.

    Raises:
        ValueError: If the two shapes differ.
    """
    _check_same_shape(output=output, target=target)
    errors = (output - target).abs().mean(dim=(1, 2, 3))
    return (errors + epsilon).log().mean()


def mean_squared_error(output: Tensor, target: Tensor) -> Tensor:
    r"""Mean squared error.

    .. math:: \frac{1}{NCHW} \lVert y - t \rVert_2^2

    Source: the AS-CycleGAN paper, Eq. (5), on feature maps. Differs from it
    in: nothing.

    Args:
        output: Images y, (N, C, H, W).
        target: Images t, (N, C, H, W).

    Returns:
        Loss, a scalar.

    Raises:
        ValueError: If the two shapes differ.
    """
    _check_same_shape(output=output, target=target)
    return mse_loss(output, target)


@torch.no_grad()
def discriminator_accuracy(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    r"""Fraction of patches that a discriminator classifies correctly.

    .. math::
        \frac{1}{2} \left\{
        \mathbb{E}\left[r > \mathbb{E}[f]\right] +
        \mathbb{E}\left[f < \mathbb{E}[r]\right] \right\}

    This is a metric, not a loss. For any adversarial loss, 0.5 is chance and
    1 is perfect. Source: ours.

    Args:
        real_logits: Logits of real images, (N, 1, h, w).
        fake_logits: Logits of generated images, (N', 1, h', w').

    Returns:
        Accuracy, a scalar in [0, 1], without gradient.
    """
    real_correct = (real_logits > fake_logits.mean()).float().mean()
    fake_correct = (fake_logits < real_logits.mean()).float().mean()
    return (real_correct + fake_correct) / 2
