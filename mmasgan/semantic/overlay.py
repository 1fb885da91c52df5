"""Pictures of semantic maps."""

import colorsys
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from .resize import resize_by_area

__all__ = ['group_colours', 'legend', 'overlay']

COLOURS: dict[str, Sequence[float]] = {
    'background': (128, 128, 128),
    'sky': (90, 180, 255),
    'water': (20, 60, 220),
    'grass': (170, 230, 60),
    'mountain': (150, 90, 40),
    'building': (225, 60, 60),
    'plant': (20, 140, 50),
    'animal': (250, 210, 40),
}


def group_colours(groups: Sequence[str]) -> np.ndarray:
    """Return a colour for each group.

    Returns:
        RGB colours, (K, 3), in [0, 255], float32.
    """
    hues = np.arange(len(groups)) / len(groups)
    return np.asarray(
        [
            COLOURS.get(
                name,
                [255 * part for part in colorsys.hsv_to_rgb(hue, 0.8, 0.9)],
            )
            for name, hue in zip(groups, hues, strict=True)
        ],
        np.float32,
    )


def overlay(
    image: np.ndarray, maps: np.ndarray, groups: Sequence[str]
) -> np.ndarray:
    """Blend an image with the colours of its map.

    Colours are mixed in proportion to the probabilities.

    Args:
        image: RGB image, (H, W, 3), uint8.
        maps: Probabilities, (K, h, w).
        groups: Names of the K groups.

    Returns:
        RGB picture, (H, W, 3), uint8.
    """
    height, width = image.shape[:2]
    colours = np.tensordot(group_colours(groups).T, maps, axes=1)
    large = resize_by_area(colours, (height, width)).transpose(1, 2, 0)
    return (0.5 * image + 0.5 * large + 0.5).astype(np.uint8)


def legend(groups: Sequence[str]) -> np.ndarray:
    """Draw the colour and name of each group.

    Returns:
        RGB picture, (24 K, 240, 3), uint8.
    """
    picture = Image.new('RGB', (240, 24 * len(groups)), 'white')
    draw = ImageDraw.Draw(picture)
    for row, colour in enumerate(group_colours(groups)):
        top = 24 * row
        fill = (int(colour[0]), int(colour[1]), int(colour[2]))
        draw.rectangle((4, top + 4, 44, top + 20), fill=fill)
        draw.text((52, top + 6), groups[row], fill='black')
    return np.array(picture)
