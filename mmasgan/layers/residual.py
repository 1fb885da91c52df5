"""Residual blocks, optionally modulated by a condition.

Both follow the AS-CycleGAN paper, Sec. 2.2: instance norm, reflection padding,
dropout between the two convolutions (as in CycleGAN), no norm after the sum.
"""

from torch import Tensor, nn
from torch.nn.functional import relu

from ..registry import MODELS
from .instance_norm import InstanceNorm2d
from .reflect_conv import ReflectConv2d
from .sft import SFTLayer

__all__ = ['PreActResidualBlock', 'ResidualBlock']


class ConditionalInstanceNorm(nn.Module):
    """Instance norm with an optional SFT layer in place of its affine part.

    Source: the "conditional norm" of the AS-CycleGAN paper, Sec. 2.2.

    Args:
        channels: Channels of the features.
        cond_channels: Channels of the condition; None means no SFT layer.
        norm: Whether to normalise before the SFT layer.

    Shape:
        Features (N, channels, H, W) and condition (N, cond_channels, H, W) to
        (N, channels, H, W).
    """

    def __init__(
        self, channels: int, cond_channels: int | None, norm: bool = True
    ) -> None:
        super().__init__()
        self.norm = InstanceNorm2d(channels) if norm else nn.Identity()
        self.sft = (
            None
            if cond_channels is None
            else SFTLayer(channels, cond_channels)
        )

    def forward(self, x: Tensor, condition: Tensor | None = None) -> Tensor:
        """Normalise, then modulate.

        Raises:
            ValueError: If the SFT layer gets no condition.
        """
        x = self.norm(x)
        if self.sft is None:
            return x
        if condition is None:
            raise ValueError('condition is None, but cond_channels is set')
        return self.sft(x, condition)


class _Block(nn.Module):
    """Layers that both blocks have; subclasses define their order."""

    def __init__(
        self,
        channels: int,
        dropout: float = 0.5,
        cond_channels: int | None = None,
        norm: bool = True,
    ) -> None:
        super().__init__()
        self.norm1 = ConditionalInstanceNorm(channels, cond_channels, norm)
        self.conv1 = ReflectConv2d(channels, channels, 3)
        self.dropout = nn.Dropout(dropout)
        self.norm2 = ConditionalInstanceNorm(channels, cond_channels, norm)
        self.conv2 = ReflectConv2d(channels, channels, 3)


@MODELS.register_module()
class ResidualBlock(_Block):
    """Post-activation residual block: x + Conv-IN-ReLU-Dropout-Conv-IN.

    Source: He et al., CVPR 2016, Fig. 2, with CycleGAN's norm and padding.
    Differs from it in: no ReLU after the sum.

    Config: ``dict(type='mmasgan.ResidualBlock', channels=256)``

    Args:
        channels: Channels of input and output.
        dropout: Dropout probability between the convolutions in training.
        cond_channels: Channels of the condition of the SFT layers, which
            replace the affine of both norms; None means no SFT layers.
        norm: Whether to use instance norm.

    Shape:
        (N, channels, H, W), H and W at least 2, and a condition
        (N, cond_channels, H, W) or (N, cond_channels, 1, 1), to
        (N, channels, H, W).
    """

    def forward(self, x: Tensor, condition: Tensor | None = None) -> Tensor:
        """Compute x plus the residual branch."""
        out = relu(self.norm1(self.conv1(x), condition))
        out = self.conv2(self.dropout(out))
        return x + self.norm2(out, condition)


@MODELS.register_module()
class PreActResidualBlock(_Block):
    """Pre-activation block (ResNetv2): x + IN-ReLU-Conv-Dropout-IN-ReLU-Conv.

    The sum is not normalised or activated, so a network of these blocks needs
    a final norm and ReLU. The arguments are those of :class:`ResidualBlock`.

    Source: He et al., Identity Mappings in Deep Residual Networks, ECCV 2016,
    Fig. 1 (b).

    Shape:
        (N, channels, H, W), and a condition as :class:`ResidualBlock`, to
        (N, channels, H, W).

    Config: ``dict(type='mmasgan.PreActResidualBlock', channels=256)``
    """

    def forward(self, x: Tensor, condition: Tensor | None = None) -> Tensor:
        """Compute x plus the residual branch."""
        out = self.conv1(relu(self.norm1(x, condition)))
        out = self.dropout(out)
        return x + self.conv2(relu(self.norm2(out, condition)))
