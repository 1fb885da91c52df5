"""Base class of the adversarial losses."""

from abc import abstractmethod
from typing import Any

from torch import Tensor, nn

__all__ = ['AdversarialLoss']


class AdversarialLoss(nn.Module):
    """Loss of a discriminator, and weighted loss of its generator.

    Args:
        loss_weight: Weight of the generator's loss.

    Attributes:
        relativistic: Whether the generator's loss needs real logits.
    """

    relativistic = False

    def __init__(self, loss_weight: float = 1.0) -> None:
        super().__init__()
        self.loss_weight = loss_weight

    @abstractmethod
    def discriminator_loss(
        self, real_logits: Tensor, fake_logits: Tensor
    ) -> Tensor:
        """Return the discriminator's loss, a scalar.

        Args:
            real_logits: Logits of real images, (N, 1, h, w).
            fake_logits: Logits of generated images, (N, 1, h, w), detached by
                the caller.
        """

    @abstractmethod
    def generator_loss(self, real_logits: Any, fake_logits: Tensor) -> Tensor:
        """Return the weighted generator's loss, a scalar.

        Args:
            real_logits: Logits of real images, (N, 1, h, w); ignored unless
                the loss is relativistic.
            fake_logits: Logits of generated images, (N, 1, h, w).
        """
