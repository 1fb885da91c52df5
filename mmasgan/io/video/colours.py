"""Conversion between decoded frames and RGB pixels.

FFmpeg is only used to resample the colour channels. NumPy applies the matrix,
because FFmpeg maps 10-bit white to 65280 of 65535, keeps 8 of 10 bits of
full-range video, and mixes the colours of neighbouring pixels by default.
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
ROWS = 16  # rows per step, so that the data fit into the cache


class Coding(NamedTuple):
    """Colour coding of a picture.

    Attributes:
        matrix: FFmpeg's ``AVColorSpace``, one of ``LUMA``.
        is_full: Whether the range is full, or limited to 16 to 235 of 256.
    """

    matrix: int
    is_full: bool


class _Layout(NamedTuple):
    """A supported pixel format, with little-endian planes."""

    name: str
    kind: str
    depth: int

    @property
    def dtype(self) -> Any:
        return np.uint8 if self.depth == 8 else np.uint16


def coding_of(picture: Any) -> Coding:
    """Return the colour coding of a frame or stream.

    Missing tags are replaced as in players: limited range, and the matrix of
    HDTV for at least 1280 pixels width or more than 576 pixels height.

    Raises:
        ValueError: If the matrix is not supported.
    """
    matrix = int(picture.colorspace)
    sides = sorted((picture.width, picture.height))
    if matrix in UNTOLD:
        matrix = BT709 if sides[0] > 576 or sides[1] >= 1280 else BT601
    if matrix not in LUMA:
        raise ValueError(
            f'the colour matrix {matrix} of FFmpeg is not '
            'supported; convert the video first: ffmpeg -i INPUT -vf '
            'scale=out_color_matrix=bt709 -colorspace bt709 OUTPUT'
        )
    layout = _layout(picture.format)
    is_full = picture.color_range == FULL or (
        # Formats of FFmpeg with full range by name or convention.
        picture.color_range != LIMITED
        and (layout.kind == 'gray' or picture.format.name.startswith('yuvj'))
    )
    return Coding(matrix, is_full)


def holds_rgb(pix_fmt: Any) -> bool:
    """Return whether a pixel format is RGB or a palette."""
    return bool(pix_fmt.is_rgb or pix_fmt.has_palette)


def to_rgb(frame: Any, dtype: Any = None) -> np.ndarray:
    """Convert a decoded frame to RGB by its matrix and range.

    Args:
        frame: Decoded frame; an alpha channel is ignored.
        dtype: ``np.uint8`` or ``np.uint16``. None means the smallest that
            holds the bits of the frame.

    Returns:
        RGB pixels of shape (H, W, 3).

    Raises:
        ValueError: If the format or matrix is not supported.
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
    """Convert RGB pixels to a frame for encoding.

    Args:
        image: RGB pixels of shape (H, W, 3), uint8 or uint16.
        pix_fmt: Pixel format, by FFmpeg's name.
        coding: Colour coding of the frame.

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
    """Apply an affine map; truncation rounds the result."""
    values = matrix.astype(np.float32) @ numbers.astype(np.float32)
    values += offset.astype(np.float32)[:, None]
    return np.clip(values, 0, most + 0.5, out=values)


def _affine(layout: _Layout, coding: Coding) -> tuple[np.ndarray, np.ndarray]:
    """Return M and z with RGB in [0, 1] = M @ (values - z)."""
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
            f'the pixel format {pix_fmt.name} is not supported; convert the '
            'video first: ffmpeg -i INPUT -pix_fmt yuv444p16le -c:v ffv1 '
            'OUTPUT.mkv'
        )
    return _Layout(name if depth == 8 else f'{name}{depth}le', kind, depth)


def _planes(frame: Any, layout: _Layout) -> list[np.ndarray]:
    """Return views of the planes, each (H, W)."""
    planes = []
    for plane in frame.planes:
        rows = np.frombuffer(plane, layout.dtype).reshape(plane.height, -1)
        planes.append(rows[:, : plane.width])
    return planes


def _reformatted(frame: Any, name: str) -> Any:
    """Change the layout and chroma sampling of a frame, not its colours."""
    if frame.format.name == name:
        return frame
    av = import_av()
    # A frame's own reformatter keeps its threads as long as the frame.
    reformatter = av.video.reformatter.VideoReformatter()
    return reformatter.reformat(
        frame,
        format=name,
        src_colorspace=frame.colorspace,
        dst_colorspace=frame.colorspace,
        src_color_range=frame.color_range,
        dst_color_range=frame.color_range,
        interpolation=BICUBIC_ACCURATE,
        # FFmpeg 8.1 writes past the end of 10-bit lines, which is a race
        # between threads.
        threads=1,
    )
