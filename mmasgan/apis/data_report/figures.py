"""The pictures of the page, encoded."""

import io
from collections.abc import Sequence
from statistics import median

import cv2
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullLocator
from PIL import Image

from ...datasets.prepare.picture import busiest_place

__all__ = ['draw_histogram', 'encode_jpeg', 'encode_png', 'tile']

# Okabe and Ito's, which colour-blind readers can tell apart.
COLOURS = {'blur': '#E69F00', 'sharp': '#0072B2'}
NAMES = {'blur': 'blurred', 'sharp': 'sharp'}
BINS = 28
WIDTH = 320  # pixels of a tile
DETAIL = 180  # its height
FRAME = (255, 212, 0)


def draw_histogram(blur: Sequence[float], sharp: Sequence[float]) -> bytes:
    """Draw how sharp the images of both domains are.

    Args:
        blur: Sharpness of blurred images, at least one.
        sharp: Same for the sharp domain.

    Returns:
        A PNG file.
    """
    figure = Figure((9.5, 3.4), dpi=150, layout='constrained')
    axes = figure.add_subplot()
    every = np.log((*blur, *sharp))
    margin = 0.03 * (np.ptp(every) or 1)
    edges = np.exp(
        np.linspace(every.min() - margin, every.max() + margin, BINS + 1)
    )
    for domain, values in (('blur', blur), ('sharp', sharp)):
        colour = COLOURS[domain]
        axes.hist(
            values,
            edges.tolist(),
            weights=np.full(len(values), 100 / len(values)),
            color=colour,
            alpha=0.55,
            edgecolor=colour,
            histtype='stepfilled',
            label=f'{NAMES[domain]} ({len(values)} images)',
        )
        axes.axvline(
            median(values),
            color=colour,
            ls='--',
            lw=1.6,
            label=f'median {median(values):.1f}',
        )
    axes.set_xscale('log')
    axes.set(
        xlabel='sharpness: energy of fine gradients over that of coarse ones',
        ylabel='% of the domain',
        xlim=(edges[0], edges[-1]),
    )
    places = MaxNLocator(8).tick_values(edges[0], edges[-1])
    axes.set_xticks([p for p in places if edges[0] <= p <= edges[-1]])
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f'{x:g}'))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.grid(alpha=0.3)
    figure.legend(loc='outside right upper', frameon=False, fontsize=9)
    buffer = io.BytesIO()
    figure.savefig(buffer, metadata={'Software': None})
    return buffer.getvalue()


def tile(image: np.ndarray) -> np.ndarray:
    """Show an image whole, and below it a part at its own size.

    Args:
        image: RGB, (H, W, 3), uint8.

    Returns:
        RGB, 320 pixels wide, uint8. The part has a yellow frame in the
        whole image: it is where the coarse gradients are strongest.
    """
    height, width = image.shape[:2]
    top, left, tall, wide = busiest_place(image, (DETAIL, WIDTH))
    scale = min(1, WIDTH / width, 1.25 * WIDTH / height)
    size = max(1, round(scale * width)), max(1, round(scale * height))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    if (tall, wide) != (height, width):
        ends = np.array([[left, top], [left + wide - 1, top + tall - 1]])
        first, last = (scale * ends).round().astype(int).tolist()
        cv2.rectangle(small, first, last, FRAME, 2)
    detail = image[top : top + tall, left : left + wide]
    canvas = np.full((size[1] + 6 + tall, WIDTH, 3), 255, np.uint8)
    for y, part in ((0, small), (size[1] + 6, detail)):
        x = (WIDTH - part.shape[1]) // 2
        canvas[y : y + part.shape[0], x : x + part.shape[1]] = part
    return canvas


def encode_jpeg(image: np.ndarray) -> bytes:
    """Encode a picture of photographs, small.

    Args:
        image: RGB, (H, W, 3), uint8.
    """
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, 'JPEG', quality=88)
    return buffer.getvalue()


def encode_png(image: np.ndarray) -> bytes:
    """Encode a drawing.

    Args:
        image: RGB, (H, W, 3), uint8.
    """
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, 'PNG', optimize=True)
    return buffer.getvalue()
