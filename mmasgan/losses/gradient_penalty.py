"""Gradient penalty of a discriminator."""

import torch
from torch import Tensor, nn

from ..registry import MODELS
from .functional import Discriminator, gradient_penalty

__all__ = ['GradientPenalty']


@MODELS.register_module()
class GradientPenalty(nn.Module):
    r"""Hold the norm of the discriminator's gradient near 1.

    .. math::
        \lambda \, \mathbb{E}_n \left[ \left( \lVert
        \nabla_{\hat{x}_n} D(\hat{x}_n) \rVert_2 - 1 \right)^2 \right]

    with D the mean over patches; see
    :func:`~mmasgan.losses.functional.gradient_penalty`. Computed in float32
    whatever the autocast state: in half precision the squares overflow.

    Config: ``dict(type='mmasgan.GradientPenalty', weight=10)``

    Args:
        weight: The factor lambda; 10 in Gulrajani et al., NeurIPS 2017.
    """

    def __init__(self, weight: float = 10) -> None:
        super().__init__()
        self.weight = weight

    def forward(
        self, discriminator: Discriminator, real: Tensor, fake: Tensor
    ) -> Tensor:
        """Compute the penalty at random points between real and fake.

        Args:
            discriminator: Maps images to logits (N, 1, h, w).
            real: Images, (N, C, H, W).
            fake: Images, (N, C, H, W); no gradient flows into it.

        Returns:
            Scalar, float32.

        Raises:
            ValueError: If the two shapes differ.
        """
        alpha = torch.rand(len(real), device=real.device)
        with torch.autocast(real.device.type, enabled=False):
            return self.weight * gradient_penalty(
                discriminator, real.float(), fake.float(), alpha
            )
