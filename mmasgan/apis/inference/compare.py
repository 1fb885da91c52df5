"""Comparison sheets of input and output."""

from collections.abc import Mapping, Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from ...utils.largest_part import largest_part

__all__ = ['compare_sheet']

WIDTH, HEIGHT = 960, 960  # largest panel, in pixels
ENLARGED = 3  # scale of the detail
GAP = 12
TITLE = 40
FONT_SIZE = 26
SMALLEST = 200  # side of a panel, below which there is no detail
PAPER, INK, FRAME = 'white', 'black', (230, 60, 30)


def compare_sheet(title: str, panels: Mapping[str, np.ndarray]) -> Image.Image:
    """Draw images side by side, with an enlarged detail.

    The detail is the part in which the first two images differ most.

    Args:
        title: Title of the sheet, one line.
        panels: RGB images by title, two or more of one size, (H, W, 3),
            uint8.
    """
    images = list(panels.values())
    height, width = images[0].shape[:2]
    scale = min(1, WIDTH / width, HEIGHT / height)
    size = (max(round(scale * width), 1), max(round(scale * height), 1))
    whole = [Image.fromarray(image) for image in images]
    rows = [[one.resize(size, Image.Resampling.LANCZOS) for one in whole]]
    if min(size) >= SMALLEST:
        crop = _changed(images, (size[0] // ENLARGED, size[1] // ENLARGED))
        nearest = Image.Resampling.NEAREST
        rows.append([one.crop(crop).resize(size, nearest) for one in whole])
        title += f'; below: the framed part, {ENLARGED} times as large'
        for panel in rows[0]:
            corners = [scale * value for value in crop]
            ImageDraw.Draw(panel).rectangle(corners, outline=FRAME, width=3)
    return _sheet(title, list(panels), rows, size)


def _changed(
    images: Sequence[np.ndarray], size: tuple[int, int]
) -> tuple[int, int, int, int]:
    """Return left, top, right and bottom of the part with most change."""
    width, height = size
    first, second = images[:2]
    change = (np.maximum(first, second) - np.minimum(first, second)).sum(2)
    top, left = largest_part(change, height, width)
    return left, top, left + width, top + height


def _sheet(
    title: str,
    names: Sequence[str],
    rows: Sequence[Sequence[Image.Image]],
    size: tuple[int, int],
) -> Image.Image:
    width, height = size
    sheet = Image.new(
        'RGB',
        (
            GAP + len(names) * (width + GAP),
            2 * TITLE + len(rows) * (height + GAP),
        ),
        PAPER,
    )
    draw = ImageDraw.Draw(sheet)
    _write(draw, GAP, 0, title)
    for column, name in enumerate(names):
        left = GAP + column * (width + GAP)
        _write(draw, left, TITLE, name)
        for row, panels in enumerate(rows):
            place = (left, 2 * TITLE + row * (height + GAP))
            sheet.paste(panels[column], place)
    return sheet


def _write(draw: ImageDraw.ImageDraw, left: int, top: int, text: str) -> None:
    # Names may contain newlines or invalid UTF-8.
    text = ''.join(c if c.isprintable() else '?' for c in text)
    font = ImageFont.load_default(FONT_SIZE)
    draw.text((left, top + (TITLE - FONT_SIZE) // 2), text, INK, font)
