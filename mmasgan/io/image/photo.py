"""A photograph in memory."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

__all__ = ['ImageWarning', 'Photo', 'to_8_bits', 'warn_of']


class ImageWarning(UserWarning):
    """Part of an image file was damaged, converted or left out."""


@dataclass(frozen=True)
class Photo:
    """An upright photograph and its metadata.

    Attributes:
        pixels: RGB, (H, W, 3), uint8 or uint16; grey photographs have three
            equal channels.
        alpha: Opacity, (H, W), of the same dtype, or None.
        is_gray: Whether the file has no colours.
        icc_profile: Colour profile of the pixels.
        exif: EXIF data as in JPEG files, starting with ``Exif`` and two
            zeros, without an orientation.
        dpi: Pixels per inch, horizontally and vertically.
        suffix: Suffix for saving in the same format, or losslessly.
        xmp: XMP data, as XML.
        iptc: IPTC data, as IIM records.
        comment: Comment of a JPEG or GIF file.
        png_chunks: Kind and content of chunks that only PNG files can store:
            colour information and texts.
        notes: Notes on what was damaged, converted or left out.
    """

    pixels: np.ndarray
    alpha: np.ndarray | None = None
    is_gray: bool = False
    icc_profile: bytes | None = None
    exif: bytes | None = None
    dpi: tuple[float, float] | None = None
    suffix: str = '.png'
    xmp: bytes | None = None
    iptc: bytes | None = None
    comment: bytes | None = None
    png_chunks: tuple[tuple[bytes, bytes], ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def is_opaque(self) -> bool:
        """Whether no pixel is transparent."""
        if self.alpha is None:
            return True
        return bool(self.alpha.min() == np.iinfo(self.alpha.dtype).max)

    def samples(self) -> np.ndarray:
        """Return the channels to store in a file.

        Returns:
            Grey, (H, W, 1), the mean of the channels, or RGB, (H, W, 3), with
            an additional channel for alpha.
        """
        colours = self.pixels
        if self.is_gray:
            total = colours.sum(axis=2, keepdims=True, dtype=np.uint32)
            colours = ((total + 1) // 3).astype(self.pixels.dtype)
        if self.alpha is not None:
            colours = np.dstack([colours, self.alpha])
        return np.ascontiguousarray(colours)

    def rgb(self) -> np.ndarray:
        """Return the visible colours, 8-bit RGB, (H, W, 3)."""
        if not self.is_gray:
            return to_8_bits(self.pixels)
        return np.repeat(to_8_bits(self.samples()[..., :1]), 3, axis=2)


def to_8_bits(values: np.ndarray) -> np.ndarray:
    """Round 16-bit values to 8 bits; 8-bit values are unchanged.

    Args:
        values: Array of any shape, uint8 or uint16.
    """
    if values.dtype == np.uint8:
        return values
    # 65535 = 255 * 257, so there are no ties.
    return ((values.astype(np.uint32) + 128) // 257).astype(np.uint8)


def warn_of(name: str, notes: Sequence[str]) -> None:
    """Give a warning with the notes, if there are any."""
    if notes:
        text = f"'{name}': {'; '.join(notes)}"
        warnings.warn(text, ImageWarning, stacklevel=3)
