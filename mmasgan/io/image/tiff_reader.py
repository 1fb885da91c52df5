"""Reading of TIFF files of any layout and compression."""

import logging
from io import BytesIO
from itertools import islice
from typing import Any

import numpy as np
from PIL import Image
from tifffile import TiffFile, TiffPage

from .jpeg_reader import check_jpeg
from .kinds import UndecodableError, check_size
from .metadata import Metadata
from .photo import Photo
from .tiff_metadata import add_tiff_metadata

__all__ = ['decode_tiff', 'tiff_size']

INK_SET, SUBSAMPLING = 332, 530
REDUCED, MASK = 1, 4  # bits of a page's kind
MOST_PAGES = 64  # pages to examine
WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE = 0, 1, 2, 3
SEPARATED, YCBCR, CIELAB = 5, 6, 8
CAMERA = (32803, 34892)  # mosaic of colours, linear
COLOURS = {
    WHITE_IS_ZERO: 1,
    BLACK_IS_ZERO: 1,
    RGB: 3,
    PALETTE: 1,
    SEPARATED: 4,
    YCBCR: 3,
    CIELAB: 3,
}
JPEG = (6, 7, 34892, 33007)  # compressions that decode to RGB
NEW_JPEG, JPEG_START = 7, b'\xff\xd8\xff\xd9'
CMYK = 1  # a set of inks
PREMULTIPLIED, OPACITY = 1, 2
NUMBERS = {2: 'signed', 3: 'floating-point', 5: 'complex', 6: 'complex'}


def decode_tiff(content: bytes) -> Photo:
    """Decode a TIFF or BigTIFF file of one photograph.

    Pillow reduces 16 bits to 8, or does not support the layout. tifffile with
    imagecodecs reads strips, tiles and planes of any compression.

    Raises:
        UndecodableError: If it is damaged or not supported.
        Exception: Errors of tifffile for damaged files.
    """
    meta = Metadata()
    with _opened(BytesIO(content)) as file:
        page = _main_page(file, meta.notes)
        check_size(page.imagewidth, page.imagelength)
        _check_kind(page)
        add_tiff_metadata(meta, content, page)
        _check_parts(page, content)
        pixels, alpha = _pixels(page, meta)
    is_gray = page.photometric in (WHITE_IS_ZERO, BLACK_IS_ZERO)
    return meta.photo(pixels, alpha, is_gray, '.tif')


def tiff_size(file: Any) -> tuple[int, int]:
    """Return width and height of the photograph in an open file."""
    with _opened(file) as opened:
        page = _main_page(opened, [])
        return page.imagewidth, page.imagelength


def _opened(file: Any) -> TiffFile:
    log = logging.getLogger('tifffile')
    if not log.handlers:
        # Without a handler, messages appear on standard error.
        log.addHandler(logging.NullHandler())
    return TiffFile(file)


def _main_page(file: TiffFile, notes: list[str]) -> TiffPage:
    """Return the page that is not a preview or mask."""
    pages: list[Any] = []
    try:
        for page in islice(file.pages, MOST_PAGES):
            pages.append(page)
            if len([p for p in pages if _is_main(p)]) > 1:
                break  # counting thousands takes minutes
        pages += [
            inner
            for page in pages
            for inner in islice(page.pages or (), MOST_PAGES)
        ]
    except Exception:  # errors of tifffile
        if not pages:
            raise
        notes.append('another page is damaged and left out')
    main = [page for page in pages if _is_main(page)]
    if len(main) > 1:
        raise UndecodableError(
            'contains 2 frames or more; save each one as a separate file'
        )
    if not main:
        raise UndecodableError('is a TIFF file without a photograph')
    if len(pages) > 1:
        notes.append('a page with a preview or mask is left out')
    return main[0]


def _is_main(page: Any) -> bool:
    return not page.subfiletype & (REDUCED | MASK)


def _check_kind(page: TiffPage) -> None:
    bits, kind = page.bitspersample, page.sampleformat
    problem = ''
    if page.photometric in CAMERA:
        raise UndecodableError(
            'is a raw file of a camera; develop it to TIFF or JPEG'
        )
    if kind in NUMBERS:
        problem = (
            f'has {NUMBERS[kind]} numbers of {bits} bits per pixel, whose '
            'range is unknown'
        )
    elif bits > 16 or kind != 1:
        problem = f'has {bits} bits per pixel, whose range is unknown'
    elif page.photometric == CIELAB and bits != 8:
        problem = f'has Lab colours of {bits} bits per channel'
    elif page.photometric == SEPARATED and (
        page.tags.valueof(INK_SET, CMYK) != CMYK or page.samplesperpixel < 4
    ):
        problem = 'has other inks than CMYK'
    elif (
        page.photometric == YCBCR
        and page.compression not in JPEG
        and (page.tags.valueof(SUBSAMPLING) != (1, 1) or bits != 8)
    ):
        problem = 'has subsampled YCbCr colours without JPEG compression'
    elif page.photometric not in COLOURS:
        problem = f'has colours of an unusual kind ({page.photometric!r})'
    elif page.samplesperpixel < COLOURS[page.photometric]:
        problem = 'has fewer channels than its colours need'
    elif page.imagedepth != 1:
        problem = 'is a volume'
    if problem:
        raise UndecodableError(f'{problem}; convert it to 8 or 16 bits of RGB')


def _check_parts(page: TiffPage, content: bytes) -> None:
    """Check that all strips or tiles are complete.

    tifffile and libjpeg fill missing parts.
    """
    parts = list(zip(page.dataoffsets, page.databytecounts, strict=False))
    if len(parts) < np.prod(page.chunked) or not all(
        0 < size <= len(content) - start for start, size in parts
    ):
        raise UndecodableError(
            'is damaged or truncated: a part of its pixels is missing; copy '
            'or download it again'
        )
    if page.compression == NEW_JPEG:
        tables = (page.jpegtables or JPEG_START)[:-2]
        for start, size in parts:
            check_jpeg(tables + content[start + 2 : start + size])


def _pixels(
    page: TiffPage, meta: Metadata
) -> tuple[np.ndarray, np.ndarray | None]:
    """Return RGB and opacity, of 8 or 16 bits."""
    planes = page.asarray(squeeze=False)[:, 0]  # (S, H, W, C), S or C is 1
    samples = np.moveaxis(planes, 0, 2)
    samples = samples.reshape(*samples.shape[:2], -1)
    count = COLOURS[page.photometric]
    extra = [int(kind) for kind in page.extrasamples]
    extra += [0] * (samples.shape[2] - count - len(extra))
    if page.photometric == PALETTE:
        assert page.colormap is not None
        # Entries have 16 bits, of which the upper 8 are used.
        table = (page.colormap >> 8).astype(np.uint8).T
        colours = table[samples[..., 0].astype(np.intp)]
        rest = _full_range(samples[..., 1:], page.bitspersample, [])
    else:
        samples = _full_range(samples, page.bitspersample, meta.notes)
        colours, rest = samples[..., :count], samples[..., count:]
    if page.photometric == CIELAB or (
        page.photometric == YCBCR and page.compression not in JPEG
    ):
        colours = _to_rgb(colours, page, meta)
    high = np.iinfo(colours.dtype).max
    if page.photometric == WHITE_IS_ZERO:
        colours = high - colours
    if page.photometric == SEPARATED:
        meta.icc_profile = None
        meta.notes.append(
            'its CMYK colours are converted to RGB without its profile, '
            'which is left out'
        )
        light = (high - colours).astype(np.uint32)
        colours = (light[..., :3] * light[..., 3:] + high // 2) // high
        colours = colours.astype(samples.dtype)
    alpha = None
    for number, kind in enumerate(extra):
        if kind in (PREMULTIPLIED, OPACITY) and alpha is None:
            alpha = rest[..., number].astype(colours.dtype)
            if kind == PREMULTIPLIED:
                meta.notes.append(
                    'its premultiplied colours are converted to straight ones'
                )
                full = colours.astype(np.uint32) * high
                full //= np.maximum(alpha, 1)[..., None]
                colours = np.minimum(full, high).astype(colours.dtype)
        else:
            meta.notes.append(
                'a channel that is neither colour nor transparency, such as '
                'that of an infrared scanner, is left out'
            )
    if colours.shape[2] == 1:
        colours = np.repeat(colours, 3, axis=2)
    return colours, alpha


def _full_range(
    samples: np.ndarray, bits: int, notes: list[str]
) -> np.ndarray:
    """Scale values to the full range of 8 or 16 bits."""
    if bits in (8, 16):
        return samples
    high, dtype = (255, np.uint8) if bits < 8 else (65535, np.uint16)
    most = 2**bits - 1
    if bits > 8:
        notes.append(f'its {bits} bits per channel are converted to 16')
    values = (samples.astype(np.uint32) * high + most // 2) // most
    return values.astype(dtype)


def _to_rgb(samples: np.ndarray, page: TiffPage, meta: Metadata) -> np.ndarray:
    """Convert Lab or YCbCr colours to 8-bit RGB."""
    height, width = samples.shape[:2]
    mode = 'LAB' if page.photometric == CIELAB else 'YCbCr'
    if mode == 'LAB':
        meta.icc_profile = None
        meta.notes.append('its Lab colours are converted to sRGB')
    colours = np.ascontiguousarray(samples[..., :3])
    image = Image.frombytes(mode, (width, height), colours.tobytes())
    return np.asarray(image.convert('RGB'))
