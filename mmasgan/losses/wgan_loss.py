"""Wasserstein GAN loss, to be used with a gradient penalty."""

from torch import Tensor, nn

from ..registry import MODELS
from .functional import wgan_discriminator_loss, wgan_generator_loss

__all__ = ['WGANLoss']


@MODELS.register_module()
class WGANLoss(nn.Module):
    r"""Difference of the mean logits.

    .. math::
        L_D = \mathbb{E}[f] - \mathbb{E}[r], \quad L_G = -\mathbb{E}[f]

    Config: ``dict(type='mmasgan.WGANLoss')``

    Args:
        loss_weight: Factor of the generator's loss.
    """

    relativistic = False

    def __init__(self, loss_weight: float = 1.0) -> None:
        super().__init__()
        self.loss_weight = loss_weight

    def discriminator_loss(
        self, real_logits: Tensor, fake_logits: Tensor
    ) -> Tensor:
        """Return the critic's loss of Gulrajani et al., Eq. (3), a scalar.

        Args:
            real_logits: (N, 1, h, w), unbounded.
            fake_logits: Same shape; detached by the caller.
        """
        return wgan_discriminator_loss(real_logits, fake_logits)

    def generator_loss(
        self, real_logits: Tensor | None, fake_logits: Tensor
    ) -> Tensor:
        """Return the generator's loss of Arjovsky et al., Alg. 1, a scalar.

        Args:
            real_logits: Unused.
            fake_logits: (N, 1, h, w), unbounded.
        """
        return self.loss_weight * wgan_generator_loss(fake_logits)
