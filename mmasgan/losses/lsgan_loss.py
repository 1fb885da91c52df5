"""Least squares GAN loss (LSGAN)."""

from torch import Tensor

from ..registry import MODELS
from ._adversarial_loss import AdversarialLoss
from .functional import lsgan_discriminator_loss, lsgan_generator_loss

__all__ = ['LSGANLoss']


@MODELS.register_module()
class LSGANLoss(AdversarialLoss):
    r"""Least squares loss with targets 1 (real) and 0 (fake), as in CycleGAN.

    .. math::
        L_D = \tfrac{1}{2} \mathbb{E}[(r - 1)^2]
            + \tfrac{1}{2} \mathbb{E}[f^2], \quad
        L_G = \mathbb{E}[(f - 1)^2]

    Source: Mao et al., ICCV 2017, Eq. (9). Differs from it in: no factor 1/2
    in the generator's loss, as in CycleGAN.

    Config: ``dict(type='mmasgan.LSGANLoss')``

    Args:
        loss_weight: Weight of the generator's loss.
    """

    def discriminator_loss(
        self, real_logits: Tensor, fake_logits: Tensor
    ) -> Tensor:
        """Return L_D, Eq. (9), from logits (N, 1, h, w)."""
        return lsgan_discriminator_loss(real_logits, fake_logits)

    def generator_loss(
        self, real_logits: Tensor | None, fake_logits: Tensor
    ) -> Tensor:
        """Return L_G, Eq. (9) without 1/2, from logits (N, 1, h, w)."""
        return self.loss_weight * lsgan_generator_loss(fake_logits)
