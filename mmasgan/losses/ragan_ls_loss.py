"""Relativistic average least squares GAN loss (RaGAN-LS)."""

from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor

from ..registry import MODELS
from ._adversarial_loss import AdversarialLoss
from .functional import relativistic_average_ls

__all__ = ['RaGANLSLoss']


class _SumOverRanks(torch.autograd.Function):
    """Sum over ranks, whose gradient is the sum of their gradients."""

    @staticmethod
    def forward(ctx: Any, value: Tensor) -> Tensor:
        value = value.clone()
        dist.all_reduce(value)
        return value

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        gradient = gradient.clone()
        dist.all_reduce(gradient)
        return gradient


def global_mean(logits: Tensor) -> Tensor:
    """Compute the mean over the logits of all ranks, with gradient.

    The gradient reaches every rank, so the average of their weight gradients
    equals the gradient of one process with the whole batch. All ranks must
    have the same number of logits.

    Args:
        logits: Logits of this rank, (N, 1, h, w).

    Returns:
        Mean, a scalar.
    """
    mean = torch.mean(logits)
    if not (dist.is_available() and dist.is_initialized()):
        return mean
    return _SumOverRanks.apply(mean) / dist.get_world_size()


@MODELS.register_module()
class RaGANLSLoss(AdversarialLoss):
    r"""Relativistic average GAN loss with least squares.

    .. math::
        L_D = \tfrac{1}{2} \mathbb{E}[(r - \mathbb{E}[f] - 1)^2]
            + \tfrac{1}{2} \mathbb{E}[(f - \mathbb{E}[r] + 1)^2], \quad
        L_G(r, f) = L_D(f, r)

    Source: Jolicoeur-Martineau, ICLR 2019 (RaLSGAN), with the factor 1/2 of
    DeblurGANv2 (Kupyn et al., ICCV 2019). Unlike in DeblurGANv2, the means are
    over the current batch of all ranks, with gradient, so the loss has no
    state. The text of the AS-CycleGAN paper names this loss, while its Eq.
    (3) and (4) give the plain Wasserstein difference.

    Config: ``dict(type='mmasgan.RaGANLSLoss')``

    Args:
        loss_weight: Weight of the generator's loss.
    """

    relativistic = True  # the generator's loss needs real logits

    def discriminator_loss(
        self, real_logits: Tensor, fake_logits: Tensor
    ) -> Tensor:
        """Return L_D, Eq. (3) of the paper, from logits (N, 1, h, w)."""
        return relativistic_average_ls(real_logits, fake_logits, global_mean)

    def generator_loss(
        self, real_logits: Tensor, fake_logits: Tensor
    ) -> Tensor:
        """Return L_G, Eq. (4) of the paper, from logits (N, 1, h, w)."""
        return self.loss_weight * relativistic_average_ls(
            fake_logits, real_logits, global_mean
        )
