"""Base class of the adversarial losses."""

from torch import nn

__all__ = ['AdversarialLoss']


class AdversarialLoss(nn.Module):
    """Loss of a discriminator, and weighted loss of its generator.

    Subclasses define ``discriminator_loss`` and ``generator_loss``, functions
    of ``real_logits`` and ``fake_logits``, (N, 1, h, w), that return scalars.

    Args:
        loss_weight: Weight of the generator's loss.

    Attributes:
        relativistic: Whether the generator's loss needs real logits.
    """

    relativistic = False

    def __init__(self, loss_weight: float = 1.0) -> None:
        super().__init__()
        self.loss_weight = loss_weight
