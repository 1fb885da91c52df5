"""Reading of image files as 8-bit RGB."""

import numpy as np

from .photo import to_8_bits, warn_of
from .reader import ImageReadError, check_regular, read_errors, read_photo

__all__ = ['read_rgb_image']


def read_rgb_image(path: str, backend_args: dict | None = None) -> np.ndarray:
    """Read an image file as 8-bit RGB.

    Grey, palette and CMYK images are converted to RGB, 16 bits are rounded to
    8, the EXIF orientation is applied, and an opaque alpha channel is dropped.
    Colour profiles are ignored. An :class:`ImageWarning` lists what else was
    damaged, converted or left out.

    Args:
        path: Path in any storage that MMEngine's ``fileio`` supports.
        backend_args: Arguments of the storage backend.

    Returns:
        RGB image of shape (H, W, 3), uint8, contiguous and writable.

    Raises:
        ImageReadError: If the file is missing, unreadable, not an image,
            truncated, too large, animated, or has transparent pixels.
    """
    from mmengine import fileio  # only needed here

    check_regular(path)
    with read_errors(
        path, '; was it moved or removed after the data set was listed?'
    ):
        content = fileio.get(path, backend_args=backend_args)
    photo = read_photo(content, path)
    warn_of(path, photo.notes)
    if not photo.is_opaque:
        raise ImageReadError(
            f"'{path}' has transparent pixels, whose colour is undefined; put "
            'it on a background and save it without alpha',
            path,
        )
    return to_8_bits(photo.pixels)
