"""Instance norm for networks whose channels are last in memory.

Source: Ulyanov et al., Instance Normalization: The Missing Ingredient for Fast
Stylization, arXiv 2016, Eq. (3), as PyTorch computes it.
"""

import torch
from torch import Tensor, nn
from torch.nn.functional import batch_norm

__all__ = ['InstanceNorm2d']


class InstanceNorm2d(nn.InstanceNorm2d):
    """Instance norm that hands its input's memory layout on.

    PyTorch's copies channels-last features to channels first, and leaves them
    so: it takes several times as long, and each convolution after it has to
    reorder them. The batch norm of one image is the same formula, and keeps
    the layout.

    Args:
        channels: Channels of the features.

    Shape:
        (N, channels, H, W) to the same.
    """

    def __init__(self, channels: int) -> None:
        super().__init__(channels)

    def forward(self, x: Tensor) -> Tensor:
        """Take mean and variance of each channel of each image away."""
        if x.is_contiguous():
            return super().forward(x)
        images = [
            batch_norm(image, None, None, training=True, eps=self.eps)
            for image in x.split(1)
        ]
        return images[0] if len(images) == 1 else torch.cat(images)
