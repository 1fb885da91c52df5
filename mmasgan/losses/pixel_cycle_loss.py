"""Cycle loss on pixels."""

from torch import Tensor, nn

from ..registry import MODELS
from .functional import mean_absolute_error

__all__ = ['PixelCycleLoss']


@MODELS.register_module()
class PixelCycleLoss(nn.Module):
    r"""There and back again, an image should be as it was.

    .. math:: \lambda \, \frac{1}{NCHW} \lVert G'(G(x)) - x \rVert_1

    Source: Zhu et al., ICCV 2017, Eq. (2), one direction. AS-CycleGAN has the
    perceptual form instead, whose features do not pin colour down.

    Config: ``dict(type='mmasgan.PixelCycleLoss', loss_weight=10)``

    Args:
        loss_weight: The factor lambda.
    """

    def __init__(self, loss_weight: float = 10.0) -> None:
        super().__init__()
        self.loss_weight = loss_weight

    def forward(self, reconstruction: Tensor, original: Tensor) -> Tensor:
        """Compare a reconstruction with its original.

        Args:
            reconstruction: Images, (N, C, H, W), in [-1, 1].
            original: Same shape.

        Returns:
            Scalar.

        Raises:
            ValueError: If the two shapes differ.
        """
        return self.loss_weight * mean_absolute_error(reconstruction, original)
