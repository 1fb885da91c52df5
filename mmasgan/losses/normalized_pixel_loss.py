"""Mean squared error of images normalised as for ImageNet."""

import torch
from torch import Tensor, nn

from ..registry import MODELS
from .functional import mean_squared_error
from .vgg_features import IMAGENET_STD

__all__ = ['NormalizedPixelLoss']


@MODELS.register_module()
class NormalizedPixelLoss(nn.Module):
    r"""Mean squared error of images normalised as VGG's input.

    .. math::
        \lambda \, \frac{1}{NCHW} \left\lVert
        \frac{y - t}{2 \sigma} \right\rVert_2^2

    with :math:`\sigma` ImageNet's standard deviation per channel; the mean
    cancels out.

    Source: DeblurGANv2 (Kupyn et al., ICCV 2019), whose code compares pixels
    after VGG's normalisation. Differs from it in: all samples of a batch are
    normalised, not only the first.

    Config: ``dict(type='mmasgan.NormalizedPixelLoss', loss_weight=0.5)``

    Args:
        loss_weight: Weight lambda.
    """

    scale: Tensor

    def __init__(self, loss_weight: float = 0.5) -> None:
        super().__init__()
        self.loss_weight = loss_weight
        scale = 2 * torch.tensor(IMAGENET_STD).view(1, 3, 1, 1)
        self.register_buffer('scale', scale, persistent=False)

    def forward(self, output: Tensor, target: Tensor) -> Tensor:
        """Compute the loss.

        Args:
            output: Output of a generator, (N, 3, H, W), RGB in [-1, 1].
            target: Ground truth, (N, 3, H, W), RGB in [-1, 1].

        Returns:
            Loss, a scalar.

        Raises:
            ValueError: If the two shapes differ.
        """
        return self.loss_weight * mean_squared_error(
            output / self.scale, target / self.scale
        )
