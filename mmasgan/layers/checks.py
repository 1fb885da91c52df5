"""What networks check of the images they are given."""

from torch import Tensor

__all__ = ['check_images']


def check_images(x: Tensor, channels: int, min_size: int) -> None:
    """Refuse what is no batch of images, empty, or too small.

    Args:
        x: What should be (N, channels, H, W), H and W at least ``min_size``.
        channels: Channels of the images.
        min_size: Smallest height and width, in pixels.

    Raises:
        TypeError: If it is no tensor of floating-point numbers.
        ValueError: If its shape does not fit.
    """
    if not isinstance(x, Tensor) or not x.is_floating_point():
        kind = x.dtype if isinstance(x, Tensor) else type(x).__name__
        raise TypeError(
            f'x must be a tensor of floating-point numbers, got {kind}'
        )
    if x.ndim != 4 or x.shape[1] != channels:
        raise ValueError(
            f'x must be (N, {channels}, H, W), got {tuple(x.shape)}'
        )
    if len(x) == 0:
        raise ValueError(
            f'x must hold at least one image, got {tuple(x.shape)}'
        )
    height, width = x.shape[-2:]
    if min(height, width) < min_size:
        raise ValueError(
            f'an image must be at least {min_size}x{min_size}, got '
            f'{height}x{width} (height x width)'
        )
