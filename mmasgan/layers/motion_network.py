"""The network that reads from a blurred image how it was moved."""

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
UNIT = 10.0  # pixels: what the network puts out is near 1


@MODELS.register_module()
class MotionNetwork(nn.Module):
    """Blurred image to the field of the path at each pixel.

    What it puts out first is the form of a field that a path and its reverse
    share (:func:`~mmasgan.layers.reblur.canonical_field`), since their blur
    is the same; which of the two a field holds is not determined.

    Source: ours. Gong et al., CVPR 2017, read one straight vector per pixel.

    Config: ``dict(type='mmasgan.MotionNetwork')``

    Args:
        in_channels: Channels of the image.
        channels: See :class:`~mmasgan.layers.residual_unet.ResidualUNet`, as
            the next two.
        blocks: Same.
        up_blocks: Same.
        weights: What :meth:`init_weights` loads: a safetensors file, or the
            name of one that comes with the library,
            ``'motion_small_gopro'``. None loads nothing.

    Shape:
        (N, in_channels, H, W) in [-1, 1], H and W at least 32, to a field
        (N, 4, H/4, W/4), sizes rounded up, in pixels of the image.
    """

    scale = 4  # an image is so many times as large as its field

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
        """Load ``weights``; see the class.

        Raises:
            FileNotFoundError: If there is no such file.
            ValueError: If it holds something else.
        """
        if self.weights is not None:
            load_published(self, self.weights)

    def forward(self, blurred: Tensor) -> Tensor:
        """Read the motion of a batch of blurred images.

        Args:
            blurred: Images, (N, in_channels, H, W), RGB in [-1, 1].

        Returns:
            Field, (N, 4, H/4, W/4), see :mod:`mmasgan.layers.reblur`.

        Raises:
            TypeError: If it is no tensor of floating-point numbers.
            ValueError: If its shape does not fit.
        """
        return field_of_canonical(self.canonical(blurred))

    def canonical(self, blurred: Tensor) -> Tensor:
        """Return the canonical form of the field, (N, 4, H/4, W/4).

        Arguments and errors are those of :meth:`forward`; see
        :func:`~mmasgan.layers.reblur.canonical_field`.
        """
        check_images(blurred, self.in_channels, MIN_SIZE)
        height, width = blurred.shape[-2:]
        multiple = self.scale * self.trunk.stride
        padding = (0, -width % multiple, 0, -height % multiple)
        if any(padding):
            blurred = pad(blurred, padding, mode='reflect')
        field = self.trunk(pixel_unshuffle(blurred, self.scale))
        if field.dtype in (torch.bfloat16, torch.float16):
            field = field.float()  # pixels need more than 8 bits
        rows, columns = (-(-side // self.scale) for side in (height, width))
        return UNIT * field[..., :rows, :columns]
