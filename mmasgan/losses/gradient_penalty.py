"""Gradient penalty of a discriminator."""

import torch
from torch import Tensor, nn

from ..registry import MODELS
from .functional import Discriminator, gradient_penalty

__all__ = ['GradientPenalty']


@MODELS.register_module()
class GradientPenalty(nn.Module):
    r"""Penalise gradients of the discriminator whose norm is not 1.

    .. math::
        \lambda \, \mathbb{E}_n \left[ \left( \lVert
        \nabla_{\hat{x}_n} D(\hat{x}_n) \rVert_2 - 1 \right)^2 \right]

    with D the mean over patches; see
    :func:`~mmasgan.losses.functional.gradient_penalty`. It is computed in
    float32 even under autocast, because squares overflow in half precision.

    Source: Gulrajani et al., NeurIPS 2017, Eq. (3).

    Config: ``dict(type='mmasgan.GradientPenalty', weight=10)``

    Args:
        weight: Weight lambda; 10 in the source.
    """

    def __init__(self, weight: float = 10) -> None:
        super().__init__()
        self.weight = weight

    def forward(
        self, discriminator: Discriminator, real: Tensor, fake: Tensor
    ) -> Tensor:
        """Compute the penalty at random points between real and fake.

        Args:
            discriminator: Function from images to logits (N, 1, h, w).
            real: Real images, (N, C, H, W); they are detached.
            fake: Generated images, (N, C, H, W); they are detached.

        Returns:
            Penalty, a float32 scalar.

        Raises:
            ValueError: If the two shapes differ.
        """
        alpha = torch.rand(len(real), device=real.device)
        with torch.autocast(real.device.type, enabled=False):
            return self.weight * gradient_penalty(
                discriminator, real.float(), fake.float(), alpha
            )
