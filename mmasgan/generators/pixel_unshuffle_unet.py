"""A fast generator: a U-Net on blocks of pixels.

Deviation: this is not the paper's generator. On a CPU, it runs faster and
learns more in the same time, see docs/results.md.
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
SMALL_RESIDUAL = 0.05  # initial scale of the head


@MODELS.register_module()
class PixelUnshuffleUNet(nn.Module):
    r"""Add the residual of a U-Net that works on blocks of pixels.

    .. math:: x + S(U(S^{-1}(x)))

    with S the pixel shuffle of Shi et al., CVPR 2016, and U a
    :class:`~mmasgan.layers.residual_unet.ResidualUNet`.

    Config: ``dict(type='mmasgan.PixelUnshuffleUNet')``

    Args:
        in_channels: Channels of the images.
        channels: Channels of each level of the U-Net.
        blocks: Residual blocks of each level of the encoder.
        up_blocks: Residual blocks of each level of the decoder.
        block_size: Side of the blocks of pixels.
        clamp: When to clamp the sum to [-1, 1]: ``'eval'`` (only in
            evaluation), ``'always'`` or ``'never'``.

    Shape:
        (N, in_channels, H, W) in [-1, 1], H and W at least 16, to
        (N, in_channels, H, W). Images are padded to a multiple of
        :attr:`stride` by reflection, or by repeating the edge of images too
        small to reflect, and cropped afterwards.

    Attributes:
        stride: Multiple to which H and W are padded.
        reach: Number of rows above and below on which a row of the output
            depends, at most.
        features_per_pixel: Channels of the widest features, per pixel of the
            image; the memory is proportional to it.
        suits_bfloat16: Whether images computed in bfloat16 and float32 differ
            by at most one grey level of 255, see docs/performance.md.
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
            semantic: Ignored; for the same interface as other generators.

        Returns:
            Images, (N, in_channels, H, W).

        Raises:
            TypeError: If ``x`` is not a floating-point tensor.
            ValueError: If its shape is wrong or it is too small.
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
