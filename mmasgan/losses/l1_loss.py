"""Mean absolute error of images."""

from torch import Tensor, nn

from ..registry import MODELS
from .functional import mean_absolute_error

__all__ = ['IdentityLoss', 'L1Loss', 'PixelCycleLoss']


@MODELS.register_module()
class L1Loss(nn.Module):
    r"""Mean absolute error of two batches of images.

    .. math:: \lambda \, \frac{1}{NCHW} \lVert x - y \rVert_1

    It is the identity loss of AS-CycleGAN, with y = G(x), and the cycle loss
    of CycleGAN, with y = G'(G(x)), for one direction. MMagic's ``L1Loss`` is a
    different class, of scope ``mmagic``.

    Source: the AS-CycleGAN paper, Eq. (6); Zhu et al., ICCV 2017, Eq. (2).
    Differs from them in: the mean in place of the sum over pixels.

    Config: ``dict(type='mmasgan.L1Loss', loss_weight=10)``

    Args:
        loss_weight: Weight lambda.
    """

    def __init__(self, loss_weight: float = 1.0) -> None:
        super().__init__()
        self.loss_weight = loss_weight

    def forward(self, output: Tensor, original: Tensor) -> Tensor:
        """Compute the loss.

        Args:
            output: Output of a generator, (N, C, H, W), in [-1, 1].
            original: Images to compare with, (N, C, H, W), in [-1, 1].

        Returns:
            Loss, a scalar.

        Raises:
            ValueError: If the two shapes differ.
        """
        return self.loss_weight * mean_absolute_error(output, original)


@MODELS.register_module()
class IdentityLoss(L1Loss):
    """:class:`L1Loss` with the weight of the paper's identity loss.

    The weight is absolute, as in the paper's Eq. (1). CycleGAN's weight of
    0.5 is relative to its cycle weight of 10, which is 5 here.

    Args:
        loss_weight: Weight lambda_2.
    """

    def __init__(self, loss_weight: float = 0.5) -> None:
        super().__init__(loss_weight)


@MODELS.register_module()
class PixelCycleLoss(L1Loss):
    """:class:`L1Loss` with the weight of CycleGAN's cycle loss.

    Args:
        loss_weight: Weight lambda.
    """

    def __init__(self, loss_weight: float = 10.0) -> None:
        super().__init__(loss_weight)
