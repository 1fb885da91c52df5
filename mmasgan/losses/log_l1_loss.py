"""L1 loss on a logarithmic scale, image by image."""

from torch import Tensor, nn

from ..registry import MODELS
from .functional import mean_log_absolute_error

__all__ = ['LogL1Loss']


@MODELS.register_module()
class LogL1Loss(nn.Module):
    r"""Logarithm of the mean absolute error of each image.

    .. math:: \frac{\lambda}{N} \sum_n \log\left(
        \frac{1}{CHW} \lVert \hat x_n - x_n \rVert_1 + \epsilon \right)

    PSNR is a logarithm of an error, too: a tenth of an image's error counts
    the same whether the image is hard or easy. With the L1 loss itself hard
    images decide, and those that should come back untouched hardly count.

    Source: the PSNR loss of Chen et al., CVPRW 2021 (HINet), with the L1 norm
    in place of the squared L2 norm.

    Config: ``dict(type='mmasgan.LogL1Loss', loss_weight=0.1)``

    Args:
        loss_weight: The factor lambda.
        epsilon: Error, of a range of 2, below which an image counts less.

    Raises:
        ValueError: If ``epsilon`` is not positive.
    """

    def __init__(
        self, loss_weight: float = 1.0, epsilon: float = 0.01
    ) -> None:
        super().__init__()
        if epsilon <= 0:
            raise ValueError(f'epsilon must be positive, got {epsilon}')
        self.loss_weight = loss_weight
        self.epsilon = epsilon

    def forward(self, output: Tensor, target: Tensor) -> Tensor:
        """Compare images with what they should be.

        Args:
            output: Images, (N, C, H, W), in [-1, 1].
            target: Same shape.

        Returns:
            Scalar; below zero where images agree.

        Raises:
            ValueError: If the two shapes differ.
        """
        return self.loss_weight * mean_log_absolute_error(
            output, target, self.epsilon
        )
