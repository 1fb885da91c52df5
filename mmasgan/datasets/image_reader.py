"""Read an image file as 8-bit RGB, or say what is wrong with it."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO

import cv2
import numpy as np
from mmengine import fileio
from PIL import Image, ImageFile, UnidentifiedImageError
from PIL.TiffImagePlugin import TiffImageFile

__all__ = ['ImageReadError', 'read_rgb_image']

TIFF_BITS_PER_SAMPLE = 258
EXIF_ORIENTATION = 274
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# Pillow reads grey PNG of 16 bits as 'I' before version 11, PGM ever since.
DEEP_GRAY_MODES = ('I', 'I;16', 'I;16L', 'I;16B', 'I;16N')


class ImageReadError(ValueError):
    """An image file that cannot be read, with its name and the cause."""


def read_rgb_image(path: str, backend_args: dict | None = None) -> np.ndarray:
    """Read an image file as it is meant to be seen.

    Grey, palette and CMYK images become RGB, 16-bit ones are rounded to 8
    bits, EXIF orientation is applied, a fully opaque alpha channel dropped.
    Colour profiles are ignored.

    Args:
        path: File, in any storage that MMEngine's ``fileio`` knows.
        backend_args: Arguments of the storage backend.

    Returns:
        RGB image of shape (H, W, 3), uint8, contiguous and writable.

    Raises:
        ImageReadError: If the file is missing, unreadable, no image,
            truncated, too large, animated, or has transparent pixels.
    """
    content = _read_bytes(path, backend_args)
    try:
        with _strict_pillow(), Image.open(BytesIO(content)) as image:
            return _decode(path, image, content)
    except (ImageReadError, MemoryError):
        raise
    except UnidentifiedImageError as error:
        raise ImageReadError(
            f"'{path}' is not an image that Pillow knows, whatever its "
            'suffix says; replace or remove it'
        ) from error
    except (
        Image.DecompressionBombError,
        Image.DecompressionBombWarning,
    ) as error:
        raise ImageReadError(
            f"'{path}' has too many pixels ({error}); scale or cut it down, "
            'or, if it can be trusted, raise PIL.Image.MAX_IMAGE_PIXELS'
        ) from error
    # Pillow's plugins raise OSError, SyntaxError, struct.error, zlib.error
    # and others on damaged files.
    except Exception as error:
        raise ImageReadError(
            f"'{path}' is damaged or truncated ({error}); copy or download "
            'it again'
        ) from error


def _read_bytes(path: str, backend_args: dict | None) -> bytes:
    try:
        content = fileio.get(path, backend_args=backend_args)
    except FileNotFoundError as error:
        raise ImageReadError(
            f"'{path}' does not exist; was it moved or removed after the "
            'data set was listed?'
        ) from error
    except PermissionError as error:
        raise ImageReadError(
            f"'{path}' cannot be read: permission denied; give this user "
            'the right to read it (chmod u+r)'
        ) from error
    except OSError as error:
        raise ImageReadError(f"'{path}' cannot be read: {error}") from error
    if not content:
        raise ImageReadError(
            f"'{path}' is empty (0 bytes); copy or download it again"
        )
    return content


@contextmanager
def _strict_pillow() -> Iterator[None]:
    # Other libraries set this flag, and would have us train on images that
    # end in grey.
    before = ImageFile.LOAD_TRUNCATED_IMAGES
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    try:
        yield
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = before


def _decode(path: str, image: Image.Image, content: bytes) -> np.ndarray:
    # The further frames of MPO, written by cameras, are previews.
    frames = 1 if image.format == 'MPO' else getattr(image, 'n_frames', 1)
    if frames > 1:
        raise ImageReadError(
            f"'{path}' holds {frames} frames; save each one as a file of its "
            'own'
        )
    image.load()
    if image.mode == 'F' or (
        image.mode == 'I' and image.format not in ('PNG', 'PPM')
    ):
        raise ImageReadError(
            f"'{path}' has 32 bits per pixel, of which the range is unknown; "
            'convert it to 8 or 16 bits'
        )
    orientation = image.getexif().get(EXIF_ORIENTATION)
    if _is_deep(image, content):
        image = _to_8_bits(path, image, content)
    if image.mode in ('LA', 'PA', 'RGBA', 'RGBa', 'La') or (
        'transparency' in image.info
    ):
        image = image.convert('RGBA')
        if np.asarray(image.getchannel('A')).min() < 255:
            raise ImageReadError(
                f"'{path}' has transparent pixels, whose colour is not "
                'defined; put it on a background and save it without alpha'
            )
    image = image.convert('RGB')
    if orientation in UPRIGHT:
        image = image.transpose(UPRIGHT[orientation])
    return np.array(image)


def _is_deep(image: Image.Image, content: bytes) -> bool:
    if image.format == 'PNG':
        return content[24] == 16  # bit depth in the header chunk
    if isinstance(image, TiffImageFile):
        bits = image.tag_v2.get(TIFF_BITS_PER_SAMPLE, 1)
        return int(np.max(bits)) == 16
    return image.mode in DEEP_GRAY_MODES


def _to_8_bits(path: str, image: Image.Image, content: bytes) -> Image.Image:
    if image.mode in DEEP_GRAY_MODES:
        deep = np.asarray(image)
    else:
        # Pillow cuts 16-bit colours off to their upper byte.
        deep = _decode_deep_colours(path, content)
    # 65535 = 255 * 257, and no value lies half-way.
    rounded = (deep.astype(np.int64) + 128) // 257
    return Image.fromarray(rounded.astype(np.uint8))


def _decode_deep_colours(path: str, content: bytes) -> np.ndarray:
    bgr = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
    if bgr is None or bgr.dtype != np.uint16 or bgr.ndim != 3:
        raise ImageReadError(
            f"'{path}' has a kind of 16 bits per channel that cannot be "
            'decoded; convert it to 8 bits'
        )
    if bgr.shape[2] == 4:
        return cv2.cvtColor(bgr, cv2.COLOR_BGRA2RGBA)
    return cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)
