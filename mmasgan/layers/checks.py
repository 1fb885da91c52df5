"""What networks check of the images they are given."""

from torch import Tensor

__all__ = ['check_images']


def check_images(x: Tensor, channels: int, min_size: int) -> None:
    """Refuse what is no batch of images, or too small.

    Args:
        x: What should be (N, channels, H, W), H and W at least ``min_size``.
        channels: Channels of the images.
        min_size: Smallest height and width, in pixels.

    Raises:
        ValueError: If it is not.
    """
    if x.ndim != 4 or x.shape[1] != channels:
        raise ValueError(
            f'x must be (N, {channels}, H, W), got {tuple(x.shape)}'
        )
    height, width = x.shape[-2:]
    if min(height, width) < min_size:
        raise ValueError(
            f'an image must be at least {min_size}x{min_size}, got '
            f'{height}x{width} (height x width)'
        )
