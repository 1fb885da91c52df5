"""Decoding of image files to pixels and metadata."""

from collections.abc import Callable
from io import BytesIO

import numpy as np
from PIL import Image

from .deep import deep_avif, deep_jpeg2000
from .iso_boxes import add_jp2_metadata, transfer_of_avif
from .jpeg_reader import decode_jpeg
from .kinds import UndecodableError, check_size, kind_of
from .metadata import Metadata
from .photo import Photo
from .png_reader import decode_png
from .pnm_reader import decode_pnm
from .tiff_reader import decode_tiff

__all__ = ['decode']

READERS: dict[str, Callable[[bytes], Photo]] = {
    'JPEG': decode_jpeg,
    'PNG': decode_png,
    'PNM': decode_pnm,
    'TIFF': decode_tiff,
}
SUFFIXES = {'BMP': '.bmp', 'WEBP': '.webp'}
GRAY_MODES = ('1', 'L', 'LA', 'La', 'I;16')
ALPHA_MODES = ('LA', 'PA', 'RGBA', 'RGBa', 'La')
HDR = {16: 'PQ', 18: 'HLG'}  # transfer characteristics of ITU-T H.273
GIF_XMP, GIF_XMP_END = b'XMP DataXMP', b'\x01\xff\xfe\xfd'
GIF_PROFILE = b'ICCRGBG1012'
BMP_V5, BMP_EMBEDDED = 124, b'DEBM'  # size of a header, place of a profile


def decode(content: bytes, name: str) -> Photo:
    """Decode an image file.

    Raises:
        UndecodableError: If the format is not supported.
        Exception: Errors of the libraries for damaged files.
    """
    kind = kind_of(content, name)
    if kind in READERS:
        return READERS[kind](content)
    meta = Metadata()
    if kind == 'WEBP':
        content = _whole_webp(content, meta.notes)
    with Image.open(BytesIO(content), formats=[kind]) as image:
        check_size(*image.size)
        frames = getattr(image, 'n_frames', 1)
        if frames > 1:
            raise UndecodableError(
                f'contains {frames} frames; save each one as a separate file'
            )
        samples = _deep(kind, content, meta)
        if samples is None:
            samples = _shallow(image)
        _add_metadata(meta, image, kind, content)
        is_gray = image.mode in GRAY_MODES
    alpha = samples[..., -1] if samples.shape[2] in (2, 4) else None
    if alpha is not None and kind == 'TGA' and not content[17] & 15:
        alpha = None
        meta.notes.append('its fourth channel is not marked as transparency')
    pixels = samples[..., :3]
    if samples.shape[2] < 3:
        pixels = np.repeat(samples[..., :1], 3, axis=2)
    return meta.photo(pixels, alpha, is_gray, SUFFIXES.get(kind, '.png'))


def _shallow(image: Image.Image) -> np.ndarray:
    is_clear = image.mode in ALPHA_MODES or 'transparency' in image.info
    return np.asarray(image.convert('RGBA' if is_clear else 'RGB'))


def _deep(kind: str, content: bytes, meta: Metadata) -> np.ndarray | None:
    """Return samples of more than 8 bits, which Pillow truncates, as 16."""
    readers = {'AVIF': deep_avif, 'JPEG2000': deep_jpeg2000}
    if kind not in readers:
        return None
    samples, bits = readers[kind](content)
    if samples is None:
        return None
    most = 2**bits - 1
    if samples.max() > most:
        raise UndecodableError('is damaged: values are out of range')
    if bits < 16:
        meta.notes.append(f'its {bits} bits per channel are converted to 16')
    scaled = (samples.astype(np.uint32) * 65535 + most // 2) // most
    scaled = scaled.astype(np.uint16)
    return scaled.reshape(*scaled.shape[:2], -1)


def _add_metadata(
    meta: Metadata, image: Image.Image, kind: str, content: bytes
) -> None:
    meta.icc_profile = image.info.get('icc_profile')
    meta.dpi = image.info.get('dpi')
    meta.xmp = image.info.get('xmp')
    meta.comment = image.info.get('comment') or image.info.get('id_section')
    if image.info.get('exif'):
        meta.load_exif(image.info['exif'])
    if image.mode == 'CMYK':
        meta.notes.append('its CMYK colours are converted to RGB')
    if kind == 'GIF':
        _add_gif_extensions(meta, content)
    if kind == 'BMP':
        meta.icc_profile = _bmp_profile(content)
    if kind == 'JPEG2000':
        add_jp2_metadata(meta, content)
    transfer = HDR.get(transfer_of_avif(content) if kind == 'AVIF' else 0)
    if transfer:
        meta.notes.append(
            f'its brightness is HDR ({transfer}), on which the models were '
            'not trained; its HDR tag is left out, so it looks pale'
        )


def _add_gif_extensions(meta: Metadata, content: bytes) -> None:
    start = content.find(GIF_XMP)
    if start >= 0:
        end = content.find(GIF_XMP_END, start)
        meta.xmp = content[start + len(GIF_XMP) : end]
    if GIF_PROFILE in content:
        meta.notes.append('its colour profile is left out')


def _whole_webp(content: bytes, notes: list[str]) -> bytes:
    """Return a WebP file without incomplete or additional data at its end."""
    size = 8 + int.from_bytes(content[4:8], 'little')
    if len(content) > size + size % 2:
        notes.append('bytes after its end are left out')
    if len(content) >= size:
        return content
    end, has_pixels = 12, False
    while end + 8 <= len(content):
        length = int.from_bytes(content[end + 4 : end + 8], 'little')
        if end + 8 + length > len(content):
            break
        has_pixels |= content[end : end + 4] in (b'VP8 ', b'VP8L')
        end += 8 + length + length % 2
    if not has_pixels:
        return content  # the decoder reports the problem
    notes.append('it is truncated after its last pixel')
    return b'RIFF' + (end - 8).to_bytes(4, 'little') + content[8:end]


def _bmp_profile(content: bytes) -> bytes | None:
    size = int.from_bytes(content[14:18], 'little')
    if size < BMP_V5 or content[70:74] != BMP_EMBEDDED:
        return None
    start = 14 + int.from_bytes(content[126:130], 'little')
    end = start + int.from_bytes(content[130:134], 'little')
    return content[start:end] or None
