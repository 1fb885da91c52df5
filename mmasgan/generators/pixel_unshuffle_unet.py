"""A fast generator: a U-Net on blocks of 4x4 pixels.

Deviation: this is not the paper's generator. At equal time on a CPU it trains
and runs faster, see docs/results.md.
"""

from collections.abc import Sequence
from typing import Literal

from torch import Tensor, nn
from torch.nn.functional import pad, pixel_shuffle, pixel_unshuffle

from ..layers.checks import check_images
from ..layers.residual_unet import ResidualUNet
from ..registry import MODELS

__all__ = ['PixelUnshuffleUNet']

MIN_SIZE = 16
SMALL_RESIDUAL = 0.05  # of what the head adds at first, without norms


@MODELS.register_module()
class PixelUnshuffleUNet(nn.Module):
    """Image to image, as input plus a residual.

    Blocks of pixels become channels (Shi et al., CVPR 2016, read backwards),
    a U-Net works at that size, and its output becomes pixels again.

    Config: ``dict(type='mmasgan.PixelUnshuffleUNet')``

    Args:
        in_channels: Channels of the image.
        channels: See :class:`~mmasgan.layers.residual_unet.ResidualUNet`, as
            the next two.
        blocks: Same.
        up_blocks: Same.
        block_size: Side of the blocks of pixels.
        clamp: When the sum is clamped to [-1, 1]: ``'eval'`` (in evaluation
            only), ``'always'`` or ``'never'``.

    Shape:
        (N, in_channels, H, W) in [-1, 1], H and W at least 16, to the same.
        Sides that are no multiple of :attr:`stride` are padded by reflection
        (or by their edge, where there is too little to reflect) and cropped
        back.

    Attributes:
        stride: What sides are padded to.
        reach: How many rows above and below a row it depends on, at most.
        features_per_pixel: Channels of the widest features, spread over the
            pixels of the image: what its memory grows with.
        suits_bfloat16: That an image computed in bfloat16 differs from one
            in float32 by one grey level of 255 at most, see
            docs/performance.md.
    """

    suits_bfloat16 = True

    def __init__(
        self,
        in_channels: int = 3,
        channels: Sequence[int] = (64, 112, 160),
        blocks: Sequence[int] = (2, 2, 3),
        up_blocks: Sequence[int] = (2, 2),
        block_size: int = 4,
        clamp: Literal['eval', 'always', 'never'] = 'eval',
    ) -> None:
        super().__init__()
        if clamp not in ('eval', 'always', 'never'):
            raise ValueError(
                f"clamp must be 'eval', 'always' or 'never', got {clamp!r}"
            )
        self.in_channels = self.out_channels = in_channels
        self.block_size = block_size
        self.clamp = clamp
        features = in_channels * block_size**2
        self.trunk = ResidualUNet(
            features, features, channels, blocks, up_blocks
        )
        self.stride = block_size * self.trunk.stride
        self.reach = block_size * self.trunk.reach
        self.features_per_pixel = channels[0] / block_size**2
        self.trunk.head.weight.data.mul_(SMALL_RESIDUAL)
        nn.init.zeros_(self.trunk.head.get_parameter('bias'))

    def forward(self, x: Tensor, semantic: Tensor | None = None) -> Tensor:
        """Translate a batch of images.

        Args:
            x: Images, (N, in_channels, H, W), RGB in [-1, 1].
            semantic: Ignored; there are no SFT layers.

        Returns:
            Images, (N, in_channels, H, W).

        Raises:
            TypeError: If it is no tensor of floating-point numbers.
            ValueError: If its shape does not fit.
        """
        check_images(x, self.in_channels, MIN_SIZE)
        height, width = x.shape[-2:]
        features = pixel_unshuffle(self._pad(x), self.block_size)
        residual = pixel_shuffle(self.trunk(features), self.block_size)
        out = x + residual[..., :height, :width]
        if self.clamp == 'never' or (self.clamp == 'eval' and self.training):
            return out
        return out.clamp(-1, 1)

    def _pad(self, x: Tensor) -> Tensor:
        height, width = x.shape[-2:]
        padding = (0, -width % self.stride, 0, -height % self.stride)
        if not any(padding):
            return x
        small = padding[1] >= width or padding[3] >= height
        return pad(x, padding, mode='replicate' if small else 'reflect')
