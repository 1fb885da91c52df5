"""A U-Net of residual blocks, without norms."""

from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor, nn
from torch.nn.functional import relu

__all__ = ['ResidualUNet']

# Initial scale of residual branches, see ResNetV2SFTGenerator.
SMALL_BRANCH = 0.1


class ResidualUNet(nn.Module):
    """U-Net with dense 3x3 convolutions only.

    A CPU computes dense convolutions at twice the rate of depthwise
    convolutions and norms.

    Source: Ronneberger et al., MICCAI 2015. Differs from it in: pre-activated
    residual blocks (EDSR, Lim et al., CVPRW 2017) in place of convolutions,
    and sums in place of concatenations.

    Args:
        in_channels: Channels of the input.
        out_channels: Channels of the output.
        channels: Channels of each level; each level halves the size.
        blocks: Residual blocks of each level of the encoder, including the
            lowest.
        up_blocks: Residual blocks of each level of the decoder, without the
            lowest.

    Shape:
        (N, in_channels, H, W), H and W divisible by :attr:`stride`, to
        (N, out_channels, H, W), unbounded.

    Attributes:
        stride: Divisor of H and W, 2 ** (levels - 1).
        reach: Number of rows above and below on which a row of the output
            depends, at most.

    Raises:
        ValueError: If the numbers of levels do not match.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        channels: Sequence[int],
        blocks: Sequence[int],
        up_blocks: Sequence[int],
    ) -> None:
        super().__init__()
        if not len(channels) == len(blocks) == len(up_blocks) + 1:
            raise ValueError(
                'channels and blocks need one entry per level, and up_blocks '
                f'one fewer, got {channels}, {blocks}, {up_blocks}'
            )
        self.stride = 2 ** (len(channels) - 1)
        # Two convolutions per block, stem and head, and rounding by strides.
        both_ways = [
            *map(sum, zip(blocks, up_blocks, strict=False)),
            blocks[-1],
        ]
        self.reach = 2 + sum(
            2**level * (2 * count + 1) for level, count in enumerate(both_ways)
        )
        steps = list(pairwise(channels))
        self.stem = nn.Conv2d(in_channels, channels[0], 3, padding=1)
        self.encoder = nn.ModuleList(map(_stage, channels, blocks))
        self.down = nn.ModuleList(
            nn.Conv2d(above, below, 2, stride=2) for above, below in steps
        )
        self.up = nn.ModuleList(
            nn.ConvTranspose2d(below, above, 2, stride=2)
            for above, below in steps
        )
        self.decoder = nn.ModuleList(map(_stage, channels[:-1], up_blocks))
        self.head = nn.Conv2d(channels[0], out_channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """Run the encoder, then the decoder with skip connections."""
        x = self.encoder[0](self.stem(x))
        kept = []
        for down, stage in zip(self.down, self.encoder[1:], strict=True):
            kept.append(x)
            x = stage(down(x))
        for level in reversed(range(len(self.up))):
            x = self.decoder[level](kept[level] + self.up[level](x))
        return self.head(relu(x))


class _Block(nn.Module):
    """Pre-activated residual block: x + ReLU-Conv-ReLU-Conv."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)
        for conv in (self.conv1, self.conv2):
            nn.init.kaiming_normal_(conv.weight)
            nn.init.zeros_(conv.get_parameter('bias'))
        self.conv2.weight.data.mul_(SMALL_BRANCH)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.conv2(relu(self.conv1(relu(x))))


def _stage(channels: int, blocks: int) -> nn.Sequential:
    return nn.Sequential(*(_Block(channels) for _ in range(blocks)))
