"""Least squares GAN loss (LSGAN)."""

from torch import Tensor, nn

from ..registry import MODELS
from .functional import lsgan_discriminator_loss, lsgan_generator_loss

__all__ = ['LSGANLoss']


@MODELS.register_module()
class LSGANLoss(nn.Module):
    r"""Squared distance of the logits to 1 (real) and 0 (fake), as CycleGAN.

    .. math::
        L_D = \tfrac{1}{2} \mathbb{E}[(r - 1)^2]
            + \tfrac{1}{2} \mathbb{E}[f^2], \quad
        L_G = \mathbb{E}[(f - 1)^2]

    Config: ``dict(type='mmasgan.LSGANLoss')``

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
        """Return Eq. (9) of Mao et al., discriminator, a scalar.

        Args:
            real_logits: (N, 1, h, w), unbounded.
            fake_logits: Same shape; detached by the caller.
        """
        return lsgan_discriminator_loss(real_logits, fake_logits)

    def generator_loss(
        self, real_logits: Tensor | None, fake_logits: Tensor
    ) -> Tensor:
        """Return Eq. (9) of Mao et al., generator, a scalar.

        Args:
            real_logits: Unused.
            fake_logits: (N, 1, h, w), unbounded.
        """
        return self.loss_weight * lsgan_generator_loss(fake_logits)
