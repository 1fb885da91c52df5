"""Relativistic average least squares GAN loss (RaGAN-LS)."""

from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn

from ..registry import MODELS
from .functional import relativistic_average_ls

__all__ = ['RaGANLSLoss']


class _SumOverRanks(torch.autograd.Function):
    """Sum over ranks; its gradient is the sum of theirs."""

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
    """Return the mean of logits (N, 1, h, w) of all ranks, with gradient.

    The gradient flows back to every rank, so averaging weight gradients over
    ranks gives that of one process with the whole batch. Ranks must hold
    equally many logits.
    """
    mean = torch.mean(logits)
    if not (dist.is_available() and dist.is_initialized()):
        return mean
    return _SumOverRanks.apply(mean) / dist.get_world_size()


@MODELS.register_module()
class RaGANLSLoss(nn.Module):
    r"""Real images should look more real than the average fake one.

    .. math::
        L_D = \tfrac{1}{2} \mathbb{E}[(r - \mathbb{E}[f] - 1)^2]
            + \tfrac{1}{2} \mathbb{E}[(f - \mathbb{E}[r] + 1)^2], \quad
        L_G(r, f) = L_D(f, r)

    The paper's Eq. (3) and (4) give the bare Wasserstein difference, its text
    RaGAN-LS. Unlike DeblurGANv2's, the means are over the current batch (of
    all ranks) with gradient, so there is no state to save.

    Config: ``dict(type='mmasgan.RaGANLSLoss')``

    Args:
        loss_weight: Factor of the generator's loss.
    """

    relativistic = True  # the generator's loss depends on real logits

    def __init__(self, loss_weight: float = 1.0) -> None:
        super().__init__()
        self.loss_weight = loss_weight

    def discriminator_loss(
        self, real_logits: Tensor, fake_logits: Tensor
    ) -> Tensor:
        """Return L_D of the paper's Eq. (3), a scalar.

        Args:
            real_logits: (N, 1, h, w), unbounded.
            fake_logits: Same shape; detached by the caller.
        """
        return relativistic_average_ls(real_logits, fake_logits, global_mean)

    def generator_loss(
        self, real_logits: Tensor, fake_logits: Tensor
    ) -> Tensor:
        """Return L_G of the paper's Eq. (4), a scalar.

        Args:
            real_logits: (N, 1, h, w), unbounded.
            fake_logits: Same shape.
        """
        return self.loss_weight * relativistic_average_ls(
            fake_logits, real_logits, global_mean
        )
