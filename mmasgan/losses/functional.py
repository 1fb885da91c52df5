r"""Every formula of the losses, as a pure function of tensors.

Throughout, :math:`r = D(x_r)` and :math:`f = D(x_f)` are the discriminator's
logits of real and generated images, (N, 1, h, w), unbounded, and
:math:`\mathbb{E}` is the mean over batch and patches.
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
    r"""Relativistic average least squares: ``higher`` by 1 above ``lower``.

    .. math::
        \frac{1}{2} \left\{
        \mathbb{E}\left[(a - \mathbb{E}[b] - 1)^2\right] +
        \mathbb{E}\left[(b - \mathbb{E}[a] + 1)^2\right] \right\}

    with :math:`a` the higher and :math:`b` the lower logits. The
    discriminator's loss has :math:`a = r, b = f`, the generator's the reverse.

    Source: Jolicoeur-Martineau, The Relativistic Discriminator, ICLR 2019
    (RaLSGAN). Differs from it in: the factor 1/2, as in DeblurGANv2 (Kupyn
    et al., ICCV 2019). The inner means carry their gradient.

    Args:
        higher_logits: (N, 1, h, w).
        lower_logits: (N', 1, h', w'); need not have the same shape.
        mean: Computes the inner means; one that averages over ranks makes
            the loss that of the global batch.

    Returns:
        Scalar.
    """
    to_higher = higher_logits - mean(lower_logits) - 1
    to_lower = lower_logits - mean(higher_logits) + 1
    return (to_higher.square().mean() + to_lower.square().mean()) / 2


def wgan_discriminator_loss(
    real_logits: Tensor, fake_logits: Tensor
) -> Tensor:
    r"""Wasserstein critic loss, without the penalty.

    .. math:: \mathbb{E}[f] - \mathbb{E}[r]

    Source: Arjovsky et al., ICML 2017; Gulrajani et al., NeurIPS 2017,
    Eq. (3), first two terms. Differs from it in: nothing.

    Args:
        real_logits: (N, 1, h, w).
        fake_logits: (N', 1, h', w').

    Returns:
        Scalar.
    """
    return fake_logits.mean() - real_logits.mean()


def wgan_generator_loss(fake_logits: Tensor) -> Tensor:
    r"""Wasserstein generator loss.

    .. math:: -\mathbb{E}[f]

    Source: as :func:`wgan_discriminator_loss`. Differs from it in: nothing.

    Args:
        fake_logits: (N, 1, h, w).

    Returns:
        Scalar.
    """
    return -fake_logits.mean()


def lsgan_discriminator_loss(
    real_logits: Tensor, fake_logits: Tensor
) -> Tensor:
    r"""Least squares discriminator loss.

    .. math:: \frac{1}{2} \mathbb{E}[(r - 1)^2] + \frac{1}{2} \mathbb{E}[f^2]

    Source: Mao et al., ICCV 2017, Eq. (9). Differs from it in: nothing.

    Args:
        real_logits: (N, 1, h, w).
        fake_logits: (N', 1, h', w').

    Returns:
        Scalar.
    """
    return (
        (real_logits - 1).square().mean() + fake_logits.square().mean()
    ) / 2


def lsgan_generator_loss(fake_logits: Tensor) -> Tensor:
    r"""Least squares generator loss.

    .. math:: \mathbb{E}[(f - 1)^2]

    Source: Mao et al., ICCV 2017, Eq. (9). Differs from it in: no factor 1/2,
    as CycleGAN (Zhu et al., ICCV 2017).

    Args:
        fake_logits: (N, 1, h, w).

    Returns:
        Scalar.
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

    The norm is over channels, height and width of each sample. Where a sample
    has several patches, its D is their mean, as in the losses; their sum,
    which PatchGAN codes often penalise, would bound what the losses see
    900 times tighter at 256x256. Valid only where the discriminator keeps
    samples independent.

    Source: Gulrajani et al., NeurIPS 2017, Eq. (3), last term. Differs from
    it in: ``eps`` under the root, whose gradient is infinite at 0.

    Args:
        discriminator: Maps images to logits (N, ...).
        real: Images, (N, C, H, W); detached here.
        fake: Images, (N, C, H, W); detached here.
        alpha: Mixing weights in [0, 1], one a sample, (N,).
        eps: Added to the squared norm.

    Returns:
        Scalar, differentiable with respect to the discriminator's weights.

    Raises:
        ValueError: If the shapes differ or ``alpha`` is not one a sample.
    """
    _check_same_shape(real=real, fake=fake)
    if alpha.shape != real.shape[:1]:
        raise ValueError(
            f'alpha must be ({len(real)},), one weight a sample, got '
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
        output: (N, C, H, W).
        target: Same shape.

    Returns:
        Scalar.

    Raises:
        ValueError: If the two shapes differ.
    """
    _check_same_shape(output=output, target=target)
    return l1_loss(output, target)


def mean_log_absolute_error(
    output: Tensor, target: Tensor, epsilon: float
) -> Tensor:
    r"""Logarithm of the mean absolute error of each image, averaged.

    .. math:: \frac{1}{N} \sum_n \log\left(
        \frac{1}{CHW} \lVert y_n - t_n \rVert_1 + \epsilon \right)

    Source: the PSNR loss of Chen et al., CVPRW 2021 (HINet). Differs from it
    in: the L1 norm, and no factor of 10 / log(10).

    Args:
        output: (N, C, H, W).
        target: Same shape.
        epsilon: Added to the error of each image, positive.

    Returns:
        Scalar.

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
        output: (N, C, H, W).
        target: Same shape.

    Returns:
        Scalar.

    Raises:
        ValueError: If the two shapes differ.
    """
    _check_same_shape(output=output, target=target)
    return mse_loss(output, target)


@torch.no_grad()
def discriminator_accuracy(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    r"""Share of patches that a discriminator puts on the right side.

    .. math::
        \frac{1}{2} \left\{
        \mathbb{E}\left[r > \mathbb{E}[f]\right] +
        \mathbb{E}\left[f < \mathbb{E}[r]\right] \right\}

    A measure, not a loss: about 0.5 where it cannot tell real from
    generated, 1 where it wins, whatever the loss it is trained with.

    Args:
        real_logits: (N, 1, h, w).
        fake_logits: Same; need not have the same shape.

    Returns:
        Scalar in [0, 1], without gradient.
    """
    real_right = (real_logits > fake_logits.mean()).float().mean()
    fake_right = (fake_logits < real_logits.mean()).float().mean()
    return (real_right + fake_right) / 2
