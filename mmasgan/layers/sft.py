"""Spatial feature transform (SFT)."""

import torch
from torch import Tensor, nn

from ..registry import MODELS

__all__ = ['SFTLayer']


def _condition_to_map(
    cond_channels: int, hidden_channels: int, channels: int
) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(cond_channels, hidden_channels, 1),
        nn.LeakyReLU(0.1),
        nn.Conv2d(hidden_channels, channels, 1),
    )


@MODELS.register_module()
class SFTLayer(nn.Module):
    r"""Scale and shift features per pixel, by maps computed from a condition.

    .. math:: SFT(F \mid \Psi) = F \odot (1 + \gamma(\Psi)) + \beta(\Psi)

    with two 1x1 convolutions each for :math:`\gamma` and :math:`\beta`.

    Source: Wang et al., Recovering Realistic Texture in Image
    Super-resolution by Deep Spatial Feature Transform, CVPR 2018, Eq. (3).
    Deviation: Eq. (3) has no 1, but the authors' test code does. With it, and
    the last convolutions initialised to zero, training starts at the
    identity.

    Config: ``dict(type='mmasgan.SFTLayer', channels=256)``

    Args:
        channels: Channels of the features.
        cond_channels: Channels of the condition.
        hidden_channels: Channels between the two 1x1 convolutions.
        residual: Whether to use 1 + scale, initialised to the identity. False
            gives the paper's form with PyTorch's default initialisation.

    Shape:
        Features (N, channels, H, W) and condition (N, cond_channels, H, W) or
        (N, cond_channels, 1, 1), to (N, channels, H, W).
    """

    def __init__(
        self,
        channels: int,
        cond_channels: int = 32,
        hidden_channels: int = 32,
        residual: bool = True,
    ) -> None:
        super().__init__()
        self.channels = channels
        self.cond_channels = cond_channels
        self.residual = residual
        self.scale = _condition_to_map(
            cond_channels, hidden_channels, channels
        )
        self.shift = _condition_to_map(
            cond_channels, hidden_channels, channels
        )
        if residual:
            for branch in (self.scale, self.shift):
                for parameter in branch[-1].parameters():
                    nn.init.zeros_(parameter)

    def forward(self, features: Tensor, condition: Tensor) -> Tensor:
        """Scale and shift the features.

        Args:
            features: Features, (N, channels, H, W).
            condition: Condition, (N, cond_channels, H, W), or
                (N, cond_channels, 1, 1) if it is the same at every pixel.

        Returns:
            Modulated features, (N, channels, H, W).

        Raises:
            ValueError: If channels, batch size or image size do not match.
        """
        size, cond_size = features.shape[-2:], condition.shape[-2:]
        if features.shape[1] != self.channels:
            raise ValueError(
                f'features have {features.shape[1]} channels, expected '
                f'channels={self.channels}'
            )
        expected = (features.shape[0], self.cond_channels)
        if condition.shape[:2] != expected or cond_size not in (size, (1, 1)):
            raise ValueError(
                f'condition {tuple(condition.shape)} does not match features '
                f'{tuple(features.shape)}: it must have cond_channels='
                f'{self.cond_channels}, the same batch size, and the same '
                'height and width (or 1x1)'
            )
        scale, shift = self.scale(condition), self.shift(condition)
        if self.residual:
            scale = scale + 1
        return torch.addcmul(shift, features, scale)
