"""Mean absolute error of images, and its two roles in a cycle."""

from torch import Tensor, nn

from ..registry import MODELS
from .functional import mean_absolute_error

__all__ = ['IdentityLoss', 'L1Loss', 'PixelCycleLoss']


@MODELS.register_module()
class L1Loss(nn.Module):
    r"""Mean absolute error of two batches of images.

    .. math:: \lambda \, \frac{1}{NCHW} \lVert x - y \rVert_1

    Source: AS-CycleGAN, Eq. (6), as identity loss, y = G(x), and Zhu et al.,
    ICCV 2017, Eq. (2), as cycle loss, y = G'(G(x)), one direction each; read
    as a mean.

    Config: ``dict(type='mmasgan.L1Loss', loss_weight=10)``. MMagic's
    ``L1Loss`` is another class, of scope ``mmagic``.

    Args:
        loss_weight: The factor lambda.
    """

    def __init__(self, loss_weight: float = 1.0) -> None:
        super().__init__()
        self.loss_weight = loss_weight

    def forward(self, output: Tensor, original: Tensor) -> Tensor:
        """Compare the output of generators with an original.

        Args:
            output: Images, (N, C, H, W), in [-1, 1].
            original: Images of the same shape.

        Returns:
            Scalar.

        Raises:
            ValueError: If the two shapes differ.
        """
        return self.loss_weight * mean_absolute_error(output, original)


@MODELS.register_module()
class IdentityLoss(L1Loss):
    """:class:`L1Loss` by the name of its role, with the paper's weight.

    The weight is absolute, as in the paper's Eq. (1); CycleGAN's 0.5 is
    relative to its cycle weight of 10, that is 5 here.

    Args:
        loss_weight: The factor lambda_2.
    """

    def __init__(self, loss_weight: float = 0.5) -> None:
        super().__init__(loss_weight)


@MODELS.register_module()
class PixelCycleLoss(L1Loss):
    """:class:`L1Loss` by the name of its role, with CycleGAN's weight.

    Args:
        loss_weight: The factor lambda.
    """

    def __init__(self, loss_weight: float = 10.0) -> None:
        super().__init__(loss_weight)
