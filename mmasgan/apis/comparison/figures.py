"""The pictures of a report."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator
from PIL import Image

__all__ = [
    'draw_curves',
    'draw_pictures',
    'draw_scatter',
    'draw_table',
    'worst_place',
]

# Okabe and Ito's colours, which colour-blind readers can tell apart.
COLOURS = (
    '#0072B2',
    '#E69F00',
    '#009E73',
    '#CC79A7',
    '#56B4E9',
    '#D55E00',
    '#8A7A00',
)
MARKERS = 'os^Dv<>'
DPI = 100
BELOW = '#B00020'
PANEL = 288  # pixels
CROP = 96  # enlarged three times
GAP = 12
CAPTION = 40
PER_LINE = 5

Points = Sequence[Sequence[float]]


def draw_curves(
    curves: Mapping[str, Sequence[Points]], identity: float, path: Path
) -> None:
    """Draw PSNR over iterations.

    Args:
        curves: Of each row, of each seed, (iteration, PSNR, ...) in order.
            Lines are means over the seeds at iterations that all have; bands
            reach from the worst seed to the best.
        identity: PSNR of the blurred input on the same images.
        path: Of the file to write.
    """
    figure = Figure((9.5, 4.6), dpi=150, layout='constrained')
    axes = figure.add_subplot()
    for number, (label, seeds) in enumerate(curves.items()):
        scores = [{point[0]: point[1] for point in seed} for seed in seeds]
        if not scores:
            continue
        steps = sorted(set.intersection(*map(set, scores)))
        values = np.array([[seed[step] for step in steps] for seed in scores])
        colour, marker = _style(number)
        axes.plot(
            steps,
            values.mean(0),
            color=colour,
            marker=marker,
            ms=4,
            label=label,
        )
        if len(scores) > 1:
            axes.fill_between(
                steps, values.min(0), values.max(0), color=colour, alpha=0.18
            )
    axes.axhline(identity, color='black', ls='--', label='do nothing')
    axes.set(xlabel='iteration', ylabel='PSNR (dB)', xlim=(0, None))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(alpha=0.3)
    figure.legend(loc='outside right upper', frameon=False, fontsize=9)
    figure.savefig(path)


def draw_scatter(
    gains: Mapping[str, Sequence[tuple[float, float]]], path: Path
) -> None:
    """Draw the gain of each image over its input's PSNR, a panel a row.

    Args:
        gains: Of each row, (PSNR of the input, gain) of each image and seed.
        path: Of the file to write.
    """
    columns = min(4, len(gains))
    lines = -(-len(gains) // columns)
    figure = Figure((3 * columns + 0.4, 2.7 * lines + 0.3), dpi=150)
    figure.set_layout_engine('constrained')
    grid = figure.subplots(
        lines, columns, sharex=True, sharey=True, squeeze=False
    )
    every = [gain for points in gains.values() for _, gain in points]
    low, high = min(0.0, *every), max(0.0, *every)
    margin = 0.07 * (high - low or 1)
    for number, (axes, (label, points)) in enumerate(
        zip(grid.flat, gains.items(), strict=False)
    ):
        axes.axhspan(low - margin, 0, color=BELOW, alpha=0.07, lw=0)
        axes.axhline(0, color='black', lw=0.8)
        colour, marker = _style(number)
        axes.scatter(*zip(*points, strict=True), s=14, c=colour, marker=marker)
        above = sum(gain > 0 for _, gain in points)
        axes.set_title(f'{label}\n{above} of {len(points)} above', fontsize=9)
        axes.grid(alpha=0.3)
        axes.tick_params(labelsize=8)
    grid[0, 0].set_ylim(low - margin, high + margin)
    for number in range(len(gains), grid.size):
        grid.flat[number].set_visible(False)
        grid.flat[number - columns].tick_params(labelbottom=True)
    figure.supxlabel('PSNR of the blurred input (dB)', fontsize=10)
    figure.supylabel('gain over it (dB); red: below', fontsize=10)
    figure.savefig(path)


def draw_table(
    columns: Sequence[str],
    cells: Sequence[Sequence[str]],
    red: Collection[tuple[int, int]],
    path: Path,
) -> None:
    """Draw a table, the first column to the left and the rest to the right.

    Args:
        columns: Titles.
        cells: Of each line.
        red: Line, from 1 on, and column of cells to draw in red.
        path: Of the file to write.
    """
    widths = [
        max(len(text) for text in column)
        for column in zip(columns, *cells, strict=True)
    ]
    letter, height = 0.074, 0.27  # inches
    total = letter * (sum(widths) + 3 * len(widths))
    figure = Figure((total, height * (len(cells) + 1.8)), dpi=150)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, total), ylim=(len(cells) + 0.9, -0.9))
    axes.axis('off')
    right = 0.0
    for place, width in enumerate(widths):
        right += letter * (width + 3)
        x, align = (right - letter, 'right') if place else (letter, 'left')
        texts = [columns[place], *(line[place] for line in cells)]
        for number, text in enumerate(texts):
            axes.text(
                x,
                number,
                text,
                ha=align,
                va='center',
                fontsize=9,
                fontweight='bold' if number == 0 else 'normal',
                color=BELOW if (number, place) in red else 'black',
            )
    for y, weight in (
        (-0.6, 1.2),
        (0.5, 0.6),
        (1.5, 0.6),
        (len(cells) + 0.6, 1.2),
    ):
        axes.plot((letter, total - letter), (y, y), color='black', lw=weight)
    figure.savefig(path)


def worst_place(blur: np.ndarray, truth: np.ndarray) -> tuple[int, int, int]:
    """Find where an input is farthest from the truth.

    Args:
        blur: The blurred input, (H, W, 3), in [0, 255].
        truth: Same for the truth.

    Returns:
        Top, left and side of the square with the largest squared error, the
        first of equals.
    """
    error = ((blur.astype(float) - truth.astype(float)) ** 2).sum(2)
    side = min(CROP, *(length // 2 for length in error.shape))
    sums = np.pad(error.cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    squares = (
        sums[side:, side:]
        - sums[:-side, side:]
        - sums[side:, :-side]
        + sums[:-side, :-side]
    )
    top, left = np.unravel_index(np.argmax(squares), squares.shape)
    return int(top), int(left), side


def draw_pictures(
    images: Mapping[str, np.ndarray],
    place: tuple[int, int, int],
    path: Path,
) -> None:
    """Draw images, whole and enlarged at the same place.

    Args:
        images: By caption, (H, W, 3), RGB, uint8, all of one size.
        place: Top, left and side of the square to enlarge.
        path: Of the file to write.
    """
    top, left, side = place
    height, width = next(iter(images.values())).shape[:2]
    scale = min(1, PANEL / width)
    whole = round(scale * width), round(scale * height)
    enlarged = side * max(1, PANEL // side)
    columns = min(PER_LINE, len(images))
    lines = -(-len(images) // columns)
    cell = PANEL + GAP, whole[1] + enlarged + CAPTION + 3 * GAP
    total = columns * cell[0] + GAP, lines * cell[1] + GAP
    figure = Figure((total[0] / DPI, total[1] / DPI), dpi=DPI)
    for number, (caption, image) in enumerate(images.items()):
        line, column = divmod(number, columns)
        x, y = GAP + column * cell[0], GAP + line * cell[1]
        figure.text(
            (x + PANEL / 2) / total[0],
            1 - (y + CAPTION / 2) / total[1],
            caption,
            ha='center',
            va='center',
            fontsize=9.5,
        )
        small = Image.fromarray(image).resize(whole, Image.Resampling.LANCZOS)
        y += CAPTION
        axes = _panel(figure, (x, y), np.asarray(small), total)
        frame = (left * scale, top * scale), side * scale, side * scale
        axes.add_patch(Rectangle(*frame, fill=False, ec='#FFD400', lw=1.3))
        detail = Image.fromarray(image[top : top + side, left : left + side])
        large = detail.resize((enlarged, enlarged), Image.Resampling.NEAREST)
        _panel(figure, (x, y + whole[1] + GAP // 2), np.asarray(large), total)
    figure.savefig(path)


def _panel(
    figure: Figure,
    corner: tuple[int, int],
    pixels: np.ndarray,
    total: tuple[int, int],
) -> Axes:
    """Put pixels into a figure as they are, in the middle of their cell."""
    height, width = pixels.shape[:2]
    x, y = corner[0] + (PANEL - width) / 2, total[1] - corner[1] - height
    axes = figure.add_axes(
        (x / total[0], y / total[1], width / total[0], height / total[1])
    )
    axes.imshow(pixels, interpolation='none', extent=(0, width, height, 0))
    axes.axis('off')
    return axes


def _style(number: int) -> tuple[str, str]:
    return COLOURS[number % len(COLOURS)], MARKERS[number % len(MARKERS)]
