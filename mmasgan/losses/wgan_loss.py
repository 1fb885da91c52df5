"""Wasserstein GAN loss."""

from torch import Tensor

from ..registry import MODELS
from ._adversarial_loss import AdversarialLoss
from .functional import wgan_discriminator_loss, wgan_generator_loss

__all__ = ['WGANLoss']


@MODELS.register_module()
class WGANLoss(AdversarialLoss):
    r"""Wasserstein loss, to be used with a gradient penalty.

    .. math::
        L_D = \mathbb{E}[f] - \mathbb{E}[r], \quad L_G = -\mathbb{E}[f]

    Source: Arjovsky et al., ICML 2017, Alg. 1; Gulrajani et al., NeurIPS
    2017, Eq. (3), first two terms. Differs from them in: nothing.

    Config: ``dict(type='mmasgan.WGANLoss')``

    Args:
        loss_weight: Weight of the generator's loss.
    """

    def discriminator_loss(
        self, real_logits: Tensor, fake_logits: Tensor
    ) -> Tensor:
        """Return L_D, Gulrajani et al., Eq. (3), from logits (N, 1, h, w)."""
        return wgan_discriminator_loss(real_logits, fake_logits)

    def generator_loss(
        self, real_logits: Tensor | None, fake_logits: Tensor
    ) -> Tensor:
        """Return L_G, Arjovsky et al., Alg. 1, from logits (N, 1, h, w)."""
        return self.loss_weight * wgan_generator_loss(fake_logits)
