"""Network that computes the condition of SFT layers from a semantic map."""

from torch import Tensor, nn

from ..registry import MODELS

__all__ = ['ConditionNetwork']


@MODELS.register_module()
class ConditionNetwork(nn.Module):
    """Compute condition maps from class probabilities.

    All SFT layers of a generator share the output. The network is one 4x4
    convolution of stride 4, three 1x1 convolutions and a 1x1 projection, with
    LeakyReLU 0.1 in between. The stride is that of the generator's
    bottleneck, so conditions and features have the same size. There is no
    padding and no norm: each condition depends only on its 4x4 patch.

    Source: Wang et al., Recovering Realistic Texture in Image
    Super-resolution by Deep Spatial Feature Transform, CVPR 2018, Sec. 3.2
    (SFTGAN), with the widths of its released test code. Differs from it in:
    nothing.

    Config: ``dict(type='mmasgan.ConditionNetwork', in_channels=8)``

    Args:
        in_channels: Number of classes K of the map.
        out_channels: Channels of the condition maps.
        hidden_channels: Channels of the hidden layers.

    Shape:
        (N, in_channels, H, W), H and W divisible by 4, to
        (N, out_channels, H/4, W/4).
    """

    stride = 4

    def __init__(
        self,
        in_channels: int = 8,
        out_channels: int = 32,
        hidden_channels: int = 128,
    ) -> None:
        super().__init__()
        self.in_channels = in_channels
        self.out_channels = out_channels
        layers: list[nn.Module] = [
            nn.Conv2d(in_channels, hidden_channels, 4, stride=self.stride),
            nn.LeakyReLU(0.1),
        ]
        for _ in range(3):
            layers += [
                nn.Conv2d(hidden_channels, hidden_channels, 1),
                nn.LeakyReLU(0.1),
            ]
        layers.append(nn.Conv2d(hidden_channels, out_channels, 1))
        self.layers = nn.Sequential(*layers)

    def forward(self, semantic: Tensor) -> Tensor:
        """Compute the condition maps.

        Args:
            semantic: Class probabilities, (N, in_channels, H, W), in [0, 1].

        Returns:
            Conditions, (N, out_channels, H/4, W/4), unbounded.

        Raises:
            ValueError: If the number of classes is not ``in_channels``, or H
                or W is not divisible by 4.
        """
        if semantic.ndim != 4 or semantic.shape[1] != self.in_channels:
            raise ValueError(
                f'semantic must be (N, {self.in_channels}, H, W), got '
                f'{tuple(semantic.shape)}'
            )
        height, width = semantic.shape[-2:]
        if height % self.stride or width % self.stride:
            raise ValueError(
                'semantic must have sides divisible by '
                f'{self.stride}, got {height}x{width}'
            )
        return self.layers(semantic)
