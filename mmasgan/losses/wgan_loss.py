"""Wasserstein GAN loss."""

from torch import Tensor, nn

from ..registry import MODELS
from .functional import wgan_discriminator_loss, wgan_generator_loss

__all__ = ['WGANLoss']


@MODELS.register_module()
class WGANLoss(nn.Module):
    r"""Wasserstein loss, to be used with a gradient penalty.

    .. math::
        L_D = \mathbb{E}[f] - \mathbb{E}[r], \quad L_G = -\mathbb{E}[f]

    Source: Arjovsky et al., ICML 2017, Alg. 1; Gulrajani et al., NeurIPS
    2017, Eq. (3), first two terms. Differs from them in: nothing.

    Config: ``dict(type='mmasgan.WGANLoss')``

    Args:
        loss_weight: Weight of the generator's loss.
    """

    relativistic = False

    def __init__(self, loss_weight: float = 1.0) -> None:
        super().__init__()
        self.loss_weight = loss_weight

    def discriminator_loss(
        self, real_logits: Tensor, fake_logits: Tensor
    ) -> Tensor:
        """Return L_D, Eq. (3) of Gulrajani et al., a scalar.

        Args:
            real_logits: Logits of real images, (N, 1, h, w).
            fake_logits: Logits of generated images, (N, 1, h, w), detached by
                the caller.
        """
        return wgan_discriminator_loss(real_logits, fake_logits)

    def generator_loss(
        self, real_logits: Tensor | None, fake_logits: Tensor
    ) -> Tensor:
        """Return L_G, Alg. 1 of Arjovsky et al., a scalar.

        Args:
            real_logits: Ignored; for the same interface as other losses.
            fake_logits: Logits of generated images, (N, 1, h, w).
        """
        return self.loss_weight * wgan_generator_loss(fake_logits)
