"""Identity loss."""

from torch import Tensor, nn

from ..registry import MODELS
from .functional import mean_absolute_error

__all__ = ['IdentityLoss']


@MODELS.register_module()
class IdentityLoss(nn.Module):
    r"""A generator should leave an image of its own target domain alone.

    .. math:: \lambda_2 \, \frac{1}{NCHW} \lVert G(y) - y \rVert_1

    Source: the AS-CycleGAN paper, Eq. (6), one direction; read as a mean, as
    CycleGAN's. The weight is absolute, as in the paper's Eq. (1); CycleGAN's
    0.5 is relative to its cycle weight of 10, that is 5 here.

    Config: ``dict(type='mmasgan.IdentityLoss', loss_weight=0.5)``

    Args:
        loss_weight: The factor lambda_2.
    """

    def __init__(self, loss_weight: float = 0.5) -> None:
        super().__init__()
        self.loss_weight = loss_weight

    def forward(self, output: Tensor, original: Tensor) -> Tensor:
        """Compare the generator's output with what it was given.

        Args:
            output: Images, (N, C, H, W), in [-1, 1].
            original: Images of the generator's target domain, same shape.

        Returns:
            Scalar.

        Raises:
            ValueError: If the two shapes differ.
        """
        return self.loss_weight * mean_absolute_error(output, original)
