"""A photograph in memory."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

__all__ = ['ImageWarning', 'Photo', 'to_8_bits', 'warn_of']


class ImageWarning(UserWarning):
    """What of an image file was damaged, converted or left out."""


@dataclass(frozen=True)
class Photo:
    """What a photograph shows, upright, and what else its file says.

    Attributes:
        pixels: RGB, (H, W, 3), uint8 or uint16; grey ones have three equal
            channels.
        alpha: Opacity, (H, W), of the same kind; None if there is none.
        is_gray: Whether the file has no colours.
        icc_profile: Colour profile of the pixels.
        exif: EXIF data as JPEG files have them, ``Exif`` and two zeros
            first, without an orientation.
        dpi: Pixels per inch, horizontally and vertically.
        suffix: That keeps the file's format, lossless where there is none.
        xmp: XMP data, as XML.
        iptc: IPTC data, as IIM records.
        comment: Comment of a JPEG or GIF file.
        png_chunks: Kind and content of what only PNG files can hold: how
            colours are meant, and texts.
        notes: What of the file was damaged, converted or left out.
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
        """Whether there is no transparent pixel."""
        if self.alpha is None:
            return True
        return bool(self.alpha.min() == np.iinfo(self.alpha.dtype).max)

    def samples(self) -> np.ndarray:
        """Return what a file stores of each pixel.

        Returns:
            Grey, (H, W, 1), the mean of the channels, or RGB, (H, W, 3);
            with alpha one more.
        """
        colours = self.pixels
        if self.is_gray:
            total = colours.sum(axis=2, keepdims=True, dtype=np.uint32)
            colours = ((total + 1) // 3).astype(self.pixels.dtype)
        if self.alpha is not None:
            colours = np.dstack([colours, self.alpha])
        return np.ascontiguousarray(colours)

    def rgb(self) -> np.ndarray:
        """Return what a file shows: RGB of 8 bits, (H, W, 3)."""
        if not self.is_gray:
            return to_8_bits(self.pixels)
        return np.repeat(to_8_bits(self.samples()[..., :1]), 3, axis=2)


def to_8_bits(values: np.ndarray) -> np.ndarray:
    """Round values of 16 bits; those of 8 bits stay as they are.

    Args:
        values: Of any shape, uint8 or uint16.
    """
    if values.dtype == np.uint8:
        return values
    # 65535 = 255 * 257, and no value lies half-way.
    return ((values.astype(np.uint32) + 128) // 257).astype(np.uint8)


def warn_of(name: str, notes: Sequence[str]) -> None:
    """Warn of what was damaged, converted or left out, if anything.

    Args:
        name: Of the file.
        notes: What to say.
    """
    if notes:
        text = f"'{name}': {'; '.join(notes)}"
        warnings.warn(text, ImageWarning, stacklevel=3)
