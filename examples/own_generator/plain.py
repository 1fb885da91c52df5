"""A deblurring generator of one's own: plain convolutions of 5x5."""

from mmengine.registry import MODELS
from torch import Tensor, nn


@MODELS.register_module()
class PlainGenerator(nn.Module):
    """Image to image, as input plus a residual.

    Args:
        channels: Channels of the features.
        depth: Convolutions between features.
    """

    def __init__(self, channels: int = 24, depth: int = 6) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Conv2d(3, channels, 5, padding=2)]
        for _ in range(depth):
            layers += [
                nn.LeakyReLU(0.1),
                nn.Conv2d(channels, channels, 5, padding=2),
            ]
        head = nn.Conv2d(channels, 3, 5, padding=2)
        nn.init.zeros_(head.weight)  # training starts at the input
        nn.init.zeros_(head.bias)
        self.layers = nn.Sequential(*layers, nn.LeakyReLU(0.1), head)
        # With these two, photographs of any size are deblurred in strips.
        self.reach = 2 * (depth + 2)
        self.stride = 1

    def forward(self, x: Tensor, semantic: Tensor | None = None) -> Tensor:
        """Deblur images (N, 3, H, W), RGB in [-1, 1]."""
        return x + self.layers(x)
