"""From an opened image file to pixels and what goes with them."""

from typing import Any

import cv2
import numpy as np
from PIL import Image
from PIL.TiffImagePlugin import TiffImageFile

from .metadata import dots_per_inch, upright_exif
from .photo import Photo

__all__ = ['UndecodableError', 'decode']

TIFF_BITS_PER_SAMPLE = 258
TIFF_EXTRA_SAMPLES = 338
PREMULTIPLIED = 1
EXIF_ORIENTATION = 274
DEEP_MAX = 65535
PNG_GRAY_ALPHA = 4  # colour type in the header chunk
GRAY_MODES = ('1', 'L', 'LA', 'La')
# Pillow reads grey PNG of 16 bits as 'I' before version 11, PGM ever since.
DEEP_GRAY_MODES = ('I', 'I;16', 'I;16L', 'I;16B', 'I;16N')
ALPHA_MODES = ('LA', 'PA', 'RGBA', 'RGBa', 'La')
# Their profiles tell nothing of the RGB that Pillow makes of them.
FOREIGN_MODES = ('CMYK', 'LAB')
SUFFIXES = {
    'BMP': '.bmp',
    'JPEG': '.jpg',
    'MPO': '.jpg',
    'PPM': '.ppm',
    'TIFF': '.tif',
    'WEBP': '.webp',
}


class UndecodableError(ValueError):
    """Why an image cannot be decoded, as the predicate of its name."""


def decode(image: Image.Image, content: bytes) -> Photo:
    """Decode an image file.

    Args:
        image: As Pillow opened it.
        content: Of the file.

    Raises:
        UndecodableError: If it is of a kind that is not supported.
        Exception: Whatever Pillow raises on damaged files.
    """
    # The further frames of MPO, written by cameras, are previews.
    frames = 1 if image.format == 'MPO' else getattr(image, 'n_frames', 1)
    if frames > 1:
        raise UndecodableError(
            f'holds {frames} frames; save each one as a file of its own'
        )
    # Pillow turns TIFF files itself while it loads them.
    turned = _tiff_tag(image, EXIF_ORIENTATION)
    image.load()
    is_deep = _is_deep(image, content)
    _check_depth(image, is_deep)
    exif = image.getexif()
    orientation = exif.get(EXIF_ORIENTATION)
    pixels, alpha = _deep_pixels(image, content) if is_deep else _pixels(image)
    pixels = _turned(pixels, orientation)
    height, width = pixels.shape[:2]
    profile = image.info.get('icc_profile')
    return Photo(
        pixels=pixels,
        alpha=None if alpha is None else _turned(alpha, orientation),
        is_gray=_is_gray(image, content),
        icc_profile=None if image.mode in FOREIGN_MODES else profile,
        exif=upright_exif(exif, width, height),
        dpi=dots_per_inch(image, orientation or turned),
        suffix=SUFFIXES.get(image.format or '', '.png'),
    )


def _check_depth(image: Image.Image, is_deep: bool) -> None:
    bits = 0
    if image.mode == 'F' or (
        image.mode == 'I' and image.format not in ('PNG', 'PPM')
    ):
        bits = 32
    elif image.mode in DEEP_GRAY_MODES and not is_deep:
        bits = 12
    if bits:
        raise UndecodableError(
            f'has {bits} bits per pixel, of which the range is unknown; '
            'convert it to 8 or 16 bits'
        )


def _is_deep(image: Image.Image, content: bytes) -> bool:
    if image.format == 'PNG':
        return content[24] == 16  # bit depth in the header chunk
    if isinstance(image, TiffImageFile):
        bits = _tiff_tag(image, TIFF_BITS_PER_SAMPLE)
        return int(np.max(bits or 1)) == 16
    if image.format == 'PPM' and image.mode == 'RGB':
        return _is_deep_ppm(content)
    return image.mode in DEEP_GRAY_MODES


def _is_gray(image: Image.Image, content: bytes) -> bool:
    if image.format == 'PNG' and content[25] == PNG_GRAY_ALPHA:
        return True  # which Pillow opens as RGBA if it has 16 bits
    return image.mode in GRAY_MODES + DEEP_GRAY_MODES


def _is_deep_ppm(content: bytes) -> bool:
    """Return whether colours have the full range of 16 bits.

    Of other ranges Pillow makes 8 bits.
    """
    words: list[bytes] = []
    for line in content[:1000].splitlines():
        words += line.partition(b'#')[0].split()
        if len(words) >= 4:
            break
    return words[0] == b'P6' and words[3:4] == [b'65535']


def _pixels(image: Image.Image) -> tuple[np.ndarray, np.ndarray | None]:
    if image.mode in ALPHA_MODES or 'transparency' in image.info:
        rgba = np.asarray(image.convert('RGBA'))
        return rgba[..., :3], rgba[..., 3]
    return np.asarray(image.convert('RGB')), None


def _deep_pixels(
    image: Image.Image, content: bytes
) -> tuple[np.ndarray, np.ndarray | None]:
    if image.mode in DEEP_GRAY_MODES:
        gray = np.asarray(image).astype(np.uint16)
        clear = image.info.get('transparency')
        alpha = None if clear is None else DEEP_MAX * (gray != clear)
        return (
            np.repeat(gray[..., None], 3, axis=2),
            None if alpha is None else alpha.astype(np.uint16),
        )
    # Pillow cuts 16-bit colours off to their upper byte.
    bgr = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
    if bgr is None or bgr.dtype != np.uint16 or bgr.ndim != 3:
        raise UndecodableError(
            'has a kind of 16 bits per channel that cannot be decoded; '
            'convert it to 8 bits'
        )
    if bgr.shape[2] == 3:
        return cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), None
    rgba = cv2.cvtColor(bgr, cv2.COLOR_BGRA2RGBA)
    pixels, alpha = rgba[..., :3], rgba[..., 3]
    extra = _tiff_tag(image, TIFF_EXTRA_SAMPLES)
    if extra is not None and PREMULTIPLIED in np.atleast_1d(extra):
        full = pixels.astype(np.uint32) * DEEP_MAX
        full //= np.maximum(alpha, 1)[..., None]
        pixels = np.minimum(full, DEEP_MAX).astype(np.uint16)
    return pixels, alpha


def _tiff_tag(image: Image.Image, tag: int) -> Any:
    return image.tag_v2.get(tag) if isinstance(image, TiffImageFile) else None


def _turned(image: np.ndarray, orientation: int | None) -> np.ndarray:
    """Return an image, or one channel of it, upright, in memory of its own."""
    match orientation:
        case 2:
            image = image[:, ::-1]
        case 3:
            image = image[::-1, ::-1]
        case 4:
            image = image[::-1]
        case 5:
            image = image.swapaxes(0, 1)
        case 6:
            image = image.swapaxes(0, 1)[:, ::-1]
        case 7:
            image = image[::-1, ::-1].swapaxes(0, 1)
        case 8:
            image = image.swapaxes(0, 1)[::-1]
    return np.array(image, order='C')
