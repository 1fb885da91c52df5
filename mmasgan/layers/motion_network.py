"""Network that estimates the motion in a blurred image."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import pad, pixel_unshuffle

from ..registry import MODELS
from ..utils.published import load_published
from .checks import check_images
from .reblur import field_of_canonical
from .residual_unet import ResidualUNet

__all__ = ['MotionNetwork']

MIN_SIZE = 32
UNIT = 10.0  # pixels; keeps the output of the trunk near 1


@MODELS.register_module()
class MotionNetwork(nn.Module):
    """Estimate the motion path at each pixel of a blurred image.

    A path and its reverse cause the same blur. The network therefore predicts
    the canonical form of the motion field, which both share
    (:func:`~mmasgan.layers.reblur.canonical_field`); the returned field
    contains either of the two.

    Source: ours; Gong et al., CVPR 2017, estimate one straight vector per
    pixel.

    Config: ``dict(type='mmasgan.MotionNetwork')``

    Args:
        in_channels: Channels of the image.
        channels: Channels of each level of the
            :class:`~mmasgan.layers.residual_unet.ResidualUNet`.
        blocks: Residual blocks of each level of the encoder.
        up_blocks: Residual blocks of each level of the decoder.
        weights: Weights loaded by :meth:`init_weights`: the path of a
            safetensors file, or the name of weights in the package,
            ``'motion_small_gopro'``. None keeps the random weights.

    Shape:
        (N, in_channels, H, W) in [-1, 1], H and W at least 32, to a field
        (N, 4, H/4, W/4), sizes rounded up, in pixels of the image.
    """

    scale = 4  # size of the image relative to its field

    def __init__(
        self,
        in_channels: int = 3,
        channels: Sequence[int] = (32, 64, 96),
        blocks: Sequence[int] = (2, 2, 2),
        up_blocks: Sequence[int] = (2, 2),
        weights: str | None = None,
    ) -> None:
        super().__init__()
        self.weights = weights
        self.in_channels = in_channels
        self.trunk = ResidualUNet(
            in_channels * self.scale**2, 4, channels, blocks, up_blocks
        )

    def init_weights(self) -> None:
        """Load ``weights``.

        Raises:
            FileNotFoundError: If the file does not exist.
            ValueError: If it does not contain the weights of this network.
        """
        if self.weights is not None:
            load_published(self, self.weights)

    def forward(self, blurred: Tensor) -> Tensor:
        """Estimate the motion of a batch of blurred images.

        Args:
            blurred: Images, (N, in_channels, H, W), RGB in [-1, 1].

        Returns:
            Motion field, (N, 4, H/4, W/4), see :mod:`mmasgan.layers.reblur`.

        Raises:
            TypeError: If ``blurred`` is not a floating-point tensor.
            ValueError: If its shape is wrong or it is too small.
        """
        return field_of_canonical(self.canonical(blurred))

    def canonical(self, blurred: Tensor) -> Tensor:
        """Estimate the field in canonical form.

        See :func:`~mmasgan.layers.reblur.canonical_field`. Source: ours.

        Args:
            blurred: Images, (N, in_channels, H, W), RGB in [-1, 1].

        Returns:
            Canonical field, (N, 4, H/4, W/4), in pixels.
        """
        check_images(blurred, self.in_channels, MIN_SIZE)
        height, width = blurred.shape[-2:]
        multiple = self.scale * self.trunk.stride
        padding = (0, -width % multiple, 0, -height % multiple)
        if any(padding):
            blurred = pad(blurred, padding, mode='reflect')
        field = self.trunk(pixel_unshuffle(blurred, self.scale))
        if field.dtype in (torch.bfloat16, torch.float16):
            field = field.float()  # positions need more than 8 bits
        rows, columns = (-(-side // self.scale) for side in (height, width))
        return UNIT * field[..., :rows, :columns]
