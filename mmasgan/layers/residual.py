"""The two residual blocks, with and without modulation by a condition.

Source: He et al., CVPR 2016 (post-activation) and Identity Mappings in Deep
Residual Networks, ECCV 2016 (pre-activation), as the AS-CycleGAN paper uses
them (Sec. 2.2): instance norm, reflection padding, dropout between the two
convolutions (as CycleGAN's block), no norm of the sum.
"""

from torch import Tensor, nn
from torch.nn.functional import relu

from ..registry import MODELS
from .instance_norm import InstanceNorm2d
from .reflect_conv import ReflectConv2d
from .sft import SFTLayer

__all__ = ['PreActResidualBlock', 'ResidualBlock']


class ConditionalInstanceNorm(nn.Module):
    """Instance norm whose affine part is an SFT layer, if there is one.

    Args:
        channels: Channels of the features.
        cond_channels: Channels of the condition; None leaves the norm plain.
        norm: Whether there is a norm at all, or the SFT layer alone.

    Shape:
        (N, channels, H, W) to the same; condition (N, cond_channels, H, W).
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
            ValueError: If there is an SFT layer and no condition.
        """
        x = self.norm(x)
        if self.sft is None:
            return x
        if condition is None:
            raise ValueError('a block with cond_channels needs a condition')
        return self.sft(x, condition)


class _Block(nn.Module):
    """What the two blocks share: their parts, not their order."""

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
    """Post-activation block: x + Conv-IN-ReLU-Dropout-Conv-IN.

    Config: ``dict(type='mmasgan.ResidualBlock', channels=256)``

    Args:
        channels: Channels in and out.
        dropout: Probability of dropping a value between the convolutions
            while training.
        cond_channels: Channels of the condition of the SFT layers that take
            the place of both norms' affine; None means no SFT.
        norm: Whether there are instance norms.

    Shape:
        (N, channels, H, W), H and W at least 2, to the same; the condition is
        (N, cond_channels, H, W) or (N, cond_channels, 1, 1).
    """

    def forward(self, x: Tensor, condition: Tensor | None = None) -> Tensor:
        """Add to the input what the two convolutions make of it."""
        out = relu(self.norm1(self.conv1(x), condition))
        out = self.conv2(self.dropout(out))
        return x + self.norm2(out, condition)


@MODELS.register_module()
class PreActResidualBlock(_Block):
    """Pre-activation block (ResNetv2): x + IN-ReLU-Conv-Dropout-IN-ReLU-Conv.

    Source: He et al., ECCV 2016, Fig. 1 (b). Nothing follows the sum, so a
    network of these ends with one more norm and ReLU. Arguments are those of
    :class:`ResidualBlock`.

    Shape:
        (N, channels, H, W), to the same.

    Config: ``dict(type='mmasgan.PreActResidualBlock', channels=256)``
    """

    def forward(self, x: Tensor, condition: Tensor | None = None) -> Tensor:
        """Add to the input what the two convolutions make of it."""
        out = self.conv1(relu(self.norm1(x, condition)))
        out = self.dropout(out)
        return x + self.conv2(relu(self.norm2(out, condition)))
