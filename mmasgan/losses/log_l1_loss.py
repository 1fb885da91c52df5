"""L1 loss on a logarithmic scale, per image."""

from torch import Tensor, nn

from ..registry import MODELS
from .functional import mean_log_absolute_error

__all__ = ['LogL1Loss']


@MODELS.register_module()
class LogL1Loss(nn.Module):
    r"""Mean of the logarithm of the mean absolute error of each image.

    .. math:: \frac{\lambda}{N} \sum_n \log\left(
        \frac{1}{CHW} \lVert \hat x_n - x_n \rVert_1 + \epsilon \right)

    Like PSNR, it weights relative changes of the error equally: a reduction
    by a tenth has the same effect for easy and difficult images. The plain L1
    loss is dominated by difficult images, while sharp inputs, which should
    not change, hardly contribute.

    Use it to continue a training. At the start of one, such inputs teach a
    network to change nothing, and can switch off its units permanently.

    Source: the PSNR loss of Chen et al., CVPRW 2021 (HINet). Differs from it
    in: the L1 norm in place of the squared L2 norm.

    Config: ``dict(type='mmasgan.LogL1Loss', loss_weight=0.1)``

    Args:
        loss_weight: Weight lambda.
        epsilon: Error, for a value range of 2, below which the loss is almost
            flat.

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
        """Compute the loss.

        Args:
            output: Output of a generator, (N, C, H, W), in [-1, 1].
            target: Ground truth, (N, C, H, W), in [-1, 1].

        Returns:
            Loss, a scalar; it is negative for small errors.

        Raises:
            ValueError: If the two shapes differ.
        """
        return self.loss_weight * mean_log_absolute_error(
            output, target, self.epsilon
        )
