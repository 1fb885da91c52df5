"""RGB pixels of decoded frames, and frames of RGB pixels.

FFmpeg's converter only doubles and halves the colour channels here. The
matrix is applied in NumPy: FFmpeg's own one maps white of 10 bits to 65280 of
65535, keeps 8 of 10 bits of full-range video on the way back, and by default
mixes up the colour channels of neighbours; PyAV below 17 ignores the matrix
and the range where both sides name the same.
"""

from typing import Any, NamedTuple

import numpy as np

from . import import_av

__all__ = ['Coding', 'coding_of', 'from_rgb', 'holds_rgb', 'to_rgb']

LIMITED, FULL = 1, 2  # FFmpeg's AVColorRange
BT709, BT601 = 1, 6  # FFmpeg's AVColorSpace
LUMA = {
    BT709: (0.2126, 0.0722),
    4: (0.30, 0.11),  # FCC
    5: (0.299, 0.114),  # BT.470 BG
    BT601: (0.299, 0.114),
    7: (0.212, 0.087),  # SMPTE 240M
    9: (0.2627, 0.0593),  # BT.2020
}
"""Weights of red and blue in the luma, by matrix."""
UNTOLD = (0, 2, 3)  # RGB, unspecified, reserved
BICUBIC_ACCURATE = 4 | 0x40000  # SWS_BICUBIC | SWS_ACCURATE_RND
ROWS = 16  # at a time, so that what is computed stays in the cache


class Coding(NamedTuple):
    """How the numbers of a picture stand for colours.

    Attributes:
        matrix: FFmpeg's number of it (``AVColorSpace``), one of ``LUMA``.
        is_full: Whether all numbers are used, or luma has 16 to 235 of 256.
    """

    matrix: int
    is_full: bool


class _Layout(NamedTuple):
    """A format that the arithmetic knows: whole planes of little-endian."""

    name: str
    kind: str
    depth: int

    @property
    def dtype(self) -> Any:
        return np.uint8 if self.depth == 8 else np.uint16


def coding_of(picture: Any) -> Coding:
    """Return how the numbers of a frame or stream stand for colours.

    What it does not say is guessed as players do: limited range, and the
    matrix of HDTV from 1280 pixels width or above 576 pixels height.

    Args:
        picture: A frame, or the codec context of a stream.

    Raises:
        ValueError: If the matrix is one that cannot be computed with.
    """
    matrix = int(picture.colorspace)
    sides = sorted((picture.width, picture.height))
    if matrix in UNTOLD:
        matrix = BT709 if sides[0] > 576 or sides[1] >= 1280 else BT601
    if matrix not in LUMA:
        raise ValueError(
            f'colours are coded by matrix {matrix} of FFmpeg, which is not '
            'supported; convert it first: ffmpeg -i INPUT -vf '
            'scale=out_color_matrix=bt709 -colorspace bt709 OUTPUT'
        )
    layout = _layout(picture.format)
    is_full = picture.color_range == FULL or (
        # FFmpeg's formats that are full by name or custom.
        picture.color_range != LIMITED
        and (layout.kind == 'gray' or picture.format.name.startswith('yuvj'))
    )
    return Coding(matrix, is_full)


def holds_rgb(pix_fmt: Any) -> bool:
    """Return whether PyAV's pixel format has no luma and chroma."""
    return bool(pix_fmt.is_rgb or pix_fmt.has_palette)


def to_rgb(frame: Any, dtype: Any = None) -> np.ndarray:
    """Convert a decoded frame by its own matrix and range.

    Args:
        frame: The frame; an alpha channel is left out.
        dtype: ``np.uint8`` or ``np.uint16``. By default the one that the
            frame's bits need.

    Returns:
        RGB pixels of shape (H, W, 3).

    Raises:
        ValueError: If its format or matrix is not supported.
    """
    layout = _layout(frame.format)
    planes = _planes(_reformatted(frame, layout.name), layout)
    matrix, zero = _affine(layout, coding_of(frame))
    most = np.iinfo(dtype or layout.dtype).max
    matrix, zero = most * matrix[:, : len(planes)], zero[: len(planes)]
    offset = 0.5 - matrix @ zero
    image = np.empty((frame.height, frame.width, 3), dtype or layout.dtype)
    for top in range(0, frame.height, ROWS):
        rows = slice(top, top + ROWS)
        codes = np.stack([plane[rows].reshape(-1) for plane in planes])
        values = _mapped(matrix, codes, offset, most)
        image[rows] = values.T.reshape(-1, frame.width, 3)
    return image


def from_rgb(image: np.ndarray, pix_fmt: str, coding: Coding) -> Any:
    """Make a frame to be encoded.

    Args:
        image: RGB pixels of shape (H, W, 3), uint8 or uint16.
        pix_fmt: FFmpeg's name of the format.
        coding: How its numbers shall stand for colours.

    Raises:
        ValueError: If the format is not supported.
    """
    av = import_av()
    height, width = image.shape[:2]
    layout = _layout(av.VideoFormat(pix_fmt))
    frame = av.VideoFrame(width, height, layout.name)
    frame.colorspace = coding.matrix if layout.kind != 'rgb' else 0
    frame.color_range = FULL if coding.is_full else LIMITED
    planes = _planes(frame, layout)
    matrix, zero = _affine(layout, coding)
    inverse = np.linalg.inv(matrix)[: len(planes)] / np.iinfo(image.dtype).max
    offset = 0.5 + zero[: len(planes)]
    most = 2**layout.depth - 1
    for top in range(0, height, ROWS):
        rows = slice(top, top + ROWS)
        values = _mapped(inverse, image[rows].reshape(-1, 3).T, offset, most)
        for plane, value in zip(planes, values, strict=True):
            plane[rows] = value.reshape(-1, width)
    return _reformatted(frame, pix_fmt)


def _mapped(
    matrix: np.ndarray, numbers: np.ndarray, offset: np.ndarray, most: int
) -> np.ndarray:
    """Return float32 that becomes the nearest integer by truncation."""
    values = matrix.astype(np.float32) @ numbers.astype(np.float32)
    values += offset.astype(np.float32)[:, None]
    return np.clip(values, 0, most + 0.5, out=values)


def _affine(layout: _Layout, coding: Coding) -> tuple[np.ndarray, np.ndarray]:
    """Return M and z: RGB in [0, 1] is M @ (numbers - z)."""
    most = 2**layout.depth - 1
    if layout.kind == 'rgb':  # planes of green, blue, red
        return np.eye(3)[[2, 0, 1]] / most, np.zeros(3)
    red, blue = LUMA[coding.matrix]
    green = 1 - red - blue
    cb, cr = 2 * (1 - blue), 2 * (1 - red)
    matrix = np.array(
        [[1, 0, cr], [1, -cb * blue / green, -cr * red / green], [1, cb, 0]]
    )
    step = 2 ** (layout.depth - 8)
    if coding.is_full:
        return matrix / most, np.array([0, 128, 128]) * step
    zero = np.array([16, 128, 128]) * step
    return matrix / (np.array([219, 224, 224]) * step), zero


def _layout(pix_fmt: Any) -> _Layout:
    opaque = [part for part in pix_fmt.components if not part.is_alpha]
    depth = max(8, *(part.bits for part in opaque))
    if holds_rgb(pix_fmt):
        name, kind = 'gbrp', 'rgb'
    elif len(opaque) == 1:
        name, kind = 'gray', 'gray'
    else:
        is_j = pix_fmt.name.startswith('yuvj')
        name, kind = 'yuvj444p' if is_j else 'yuv444p', 'yuv'
    if depth not in (8, 9, 10, 12, 14, 16) or pix_fmt.name.startswith('xyz'):
        raise ValueError(
            f'pixels of the format {pix_fmt.name} are not supported; convert '
            'it first: ffmpeg -i INPUT -pix_fmt yuv444p16le -c:v ffv1 '
            'OUTPUT.mkv'
        )
    return _Layout(name if depth == 8 else f'{name}{depth}le', kind, depth)


def _planes(frame: Any, layout: _Layout) -> list[np.ndarray]:
    """Return views of the planes, (H, W) each."""
    planes = []
    for plane in frame.planes:
        rows = np.frombuffer(plane, layout.dtype).reshape(plane.height, -1)
        planes.append(rows[:, : plane.width])
    return planes


def _reformatted(frame: Any, name: str) -> Any:
    """Change where numbers lie, and how many are of colour, not what."""
    if frame.format.name == name:
        return frame
    av = import_av()
    # A frame's own reformatter keeps its threads for as long as the frame is.
    reformatter = av.video.reformatter.VideoReformatter()
    return reformatter.reformat(
        frame,
        format=name,
        src_colorspace=frame.colorspace,
        dst_colorspace=frame.colorspace,
        src_color_range=frame.color_range,
        dst_color_range=frame.color_range,
        interpolation=BICUBIC_ACCURATE,
        # FFmpeg 8.1 writes beyond the lines of 10 bits, where another thread
        # may have been before. PyAV 17 brought threads.
        **({'threads': 1} if int(av.__version__.split('.')[0]) >= 17 else {}),
    )
