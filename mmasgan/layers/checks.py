"""Validation of the inputs of networks."""

from torch import Tensor

__all__ = ['check_images']


def check_images(x: Tensor, channels: int, min_size: int) -> None:
    """Check that a tensor is a batch of images of sufficient size.

    Args:
        x: Tensor to check; expected shape (N, channels, H, W).
        channels: Expected number of channels.
        min_size: Smallest allowed height and width, in pixels.

    Raises:
        TypeError: If ``x`` is not a floating-point tensor.
        ValueError: If the shape is different, N is 0, or H or W is too small.
    """
    if not isinstance(x, Tensor) or not x.is_floating_point():
        kind = x.dtype if isinstance(x, Tensor) else type(x).__name__
        raise TypeError(f'x must be a floating-point tensor, got {kind}')
    if x.ndim != 4 or x.shape[1] != channels:
        raise ValueError(
            f'x must be (N, {channels}, H, W), got {tuple(x.shape)}'
        )
    if len(x) == 0:
        raise ValueError(
            f'x must contain at least one image, got {tuple(x.shape)}'
        )
    height, width = x.shape[-2:]
    if min(height, width) < min_size:
        raise ValueError(
            f'x must be at least {min_size}x{min_size}, got '
            f'{height}x{width} (height x width)'
        )
