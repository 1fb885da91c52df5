"""Write a photograph in its format, with all that the format can hold."""

from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from typing import Any

import cv2
import numpy as np
from PIL import Image

from .photo import Photo, to_8_bits
from .png import encode_deep_png
from .tiff import encode_tiff

__all__ = ['PHOTO_SUFFIXES', 'encode_photo']


def encode_photo(photo: Photo, suffix: str) -> bytes:
    """Encode a photograph, without loss but for JPEG.

    JPEG gets quality 95 and full colour resolution. PNG, TIFF and PPM keep 16
    bits, others get them rounded to 8. An opaque alpha channel is left out
    where the format has none.

    Args:
        photo: To encode.
        suffix: Of the file, one of ``PHOTO_SUFFIXES``, in upper case or
            lower.

    Returns:
        The content of the file.

    Raises:
        ValueError: If the format is not known, cannot hold transparent
            pixels that there are, or an image of that size.
    """
    encode = ENCODERS.get(suffix.lower())
    if encode is None:
        raise ValueError(
            f'photographs cannot be written as {suffix!r}, only as '
            f'{", ".join(PHOTO_SUFFIXES)}'
        )
    if suffix.lower() in OPAQUE:
        if not photo.is_opaque:
            raise ValueError(
                f'transparent pixels cannot be kept in {suffix!r}; write a '
                '.png'
            )
        photo = replace(photo, alpha=None)
    try:
        return encode(photo)
    except MemoryError:
        raise
    except Exception as error:  # OSError, ValueError, struct.error, ...
        height, width = photo.pixels.shape[:2]
        raise ValueError(
            f'{width}x{height} pixels cannot be encoded as {suffix!r}: {error}'
        ) from error


def _png(photo: Photo) -> bytes:
    if photo.pixels.dtype == np.uint16:
        return encode_deep_png(photo)
    return _saved(photo, 'PNG', **_metadata(photo, 'dpi'))


def _jpeg(photo: Photo) -> bytes:
    options = {'quality': 95, 'subsampling': 0, **_metadata(photo, 'dpi')}
    return _saved(photo, 'JPEG', **options)


def _webp(photo: Photo) -> bytes:
    options = _metadata(photo)
    return _saved(photo, 'WEBP', lossless=True, exact=True, **options)


def _bmp(photo: Photo) -> bytes:
    if photo.alpha is not None and not photo.is_opaque:
        # Pillow writes an alpha channel that it does not read.
        rgba = np.dstack([photo.pixels, photo.alpha])
        bgra = cv2.cvtColor(to_8_bits(rgba), cv2.COLOR_RGBA2BGRA)
        return cv2.imencode('.bmp', bgra)[1].tobytes()
    photo = replace(photo, alpha=None)
    dpi = {} if photo.dpi is None else {'dpi': photo.dpi}
    return _saved(photo, 'BMP', **dpi)


def _ppm(photo: Photo) -> bytes:
    samples = photo.samples()
    height, width, channels = samples.shape
    kind = {1: 'P5', 3: 'P6'}[channels]
    header = f'{kind}\n{width} {height}\n{np.iinfo(samples.dtype).max}\n'
    big_endian = samples.astype(samples.dtype.newbyteorder('>'))
    return header.encode() + big_endian.tobytes()


def _saved(photo: Photo, kind: str, **options: Any) -> bytes:
    samples = to_8_bits(photo.samples())
    if samples.shape[2] == 1:
        samples = samples[..., 0]
    file = BytesIO()
    Image.fromarray(samples).save(file, kind, **options)
    return file.getvalue()


def _metadata(photo: Photo, *more: str) -> dict[str, Any]:
    values = {
        name: getattr(photo, name) for name in ('icc_profile', 'exif', *more)
    }
    return {name: value for name, value in values.items() if value}


ENCODERS: dict[str, Callable[[Photo], bytes]] = {
    '.png': _png,
    '.jpg': _jpeg,
    '.jpeg': _jpeg,
    '.tif': encode_tiff,
    '.tiff': encode_tiff,
    '.webp': _webp,
    '.bmp': _bmp,
    '.ppm': _ppm,
    '.pgm': _ppm,
}

OPAQUE = ('.jpg', '.jpeg', '.ppm', '.pgm')

PHOTO_SUFFIXES = tuple(ENCODERS)
"""Of the formats in which photographs are written."""
