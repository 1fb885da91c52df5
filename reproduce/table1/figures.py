"""Figures of a report."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from PIL import Image, ImageDraw, ImageFont

from mmasgan.engine.progress_figure import BELOW, COLOURS
from mmasgan.utils.largest_part import largest_part

PANEL = 288  # pixels
CROP = 96  # enlarged three times
GAP = 12
CAPTION = 40
PER_LINE = 5

Points = Sequence[Sequence[float]]


def draw_curves(
    curves: Mapping[str, Sequence[Points]], identity: float, path: Path
) -> None:
    """Draw PSNR over iterations, with bands from the worst to the best seed.

    ``curves`` contains (iteration, PSNR, ...) for each row and seed;
    ``identity`` is the PSNR of the blurred input on the same images.
    """
    figure = Figure((9.5, 4.6), dpi=150, layout='constrained')
    axes = figure.add_subplot()
    for number, (label, seeds) in enumerate(curves.items()):
        scores = [{point[0]: point[1] for point in seed} for seed in seeds]
        if not scores:
            continue
        steps = sorted(set.intersection(*map(set, scores)))
        values = np.array([[seed[step] for step in steps] for seed in scores])
        colour, marker = COLOURS[number % len(COLOURS)], 'os^Dv<>'[number % 7]
        axes.plot(steps, values.mean(0), marker, ls='-', c=colour, label=label)
        low, high = values.min(0), values.max(0)
        axes.fill_between(steps, low, high, color=colour, alpha=0.18)
    axes.axhline(identity, color='black', ls='--', label='blurred input')
    axes.set(xlabel='iteration', ylabel='PSNR (dB)', xlim=(0, None))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(alpha=0.3)
    figure.legend(loc='outside right upper', frameon=False, fontsize=9)
    figure.savefig(path)


def draw_scatter(gains: Mapping[str, Points], path: Path) -> None:
    """Draw gain over input PSNR for each image and seed, one panel per row."""
    columns = min(4, len(gains))
    lines = -(-len(gains) // columns)
    size = 3 * columns + 0.4, 2.7 * lines + 0.3
    figure = Figure(size, dpi=150, layout='constrained')
    grid = figure.subplots(
        lines, columns, sharex=True, sharey=True, squeeze=False
    )
    for axes in grid.flat[len(gains) :]:
        axes.set_visible(False)
    for axes, (label, points) in zip(grid.flat, gains.items(), strict=False):
        axes.axhline(0, color='black', lw=0.8)
        colours = [BELOW if gain < 0 else COLOURS[0] for _, gain in points]
        axes.scatter(*zip(*points, strict=True), s=14, c=colours)
        above = sum(gain > 0 for _, gain in points)
        axes.set_title(
            f'{label}\n{above} of {len(points)} above 0', fontsize=9
        )
        axes.grid(alpha=0.3)
    figure.supxlabel('PSNR of the blurred input (dB)', fontsize=10)
    figure.supylabel('gain (dB); red: negative', fontsize=10)
    figure.savefig(path)


def worst_place(blur: np.ndarray, sharp: np.ndarray) -> tuple[int, int, int]:
    """Return top, left and side of the square with the largest error."""
    error = ((blur.astype(float) - sharp.astype(float)) ** 2).sum(2)
    side = min(CROP, *(length // 2 for length in error.shape))
    top, left = largest_part(error, side, side)
    return top, left, side


def draw_pictures(
    images: Mapping[str, np.ndarray], place: tuple[int, int, int], path: Path
) -> None:
    """Draw images (H, W, 3) by caption, each with an enlarged square."""
    top, left, side = place
    box = left, top, left + side, top + side
    height, width = next(iter(images.values())).shape[:2]
    scale = min(1, PANEL / width)
    whole = round(scale * width), round(scale * height)
    large = side * max(1, PANEL // side)
    columns = min(PER_LINE, len(images))
    lines = -(-len(images) // columns)
    cell = PANEL + GAP, whole[1] + large + CAPTION + 3 * GAP
    total = columns * cell[0] + GAP, lines * cell[1] + GAP
    sheet = Image.new('RGB', total, 'white')
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(13)
    for number, (caption, pixels) in enumerate(images.items()):
        line, column = divmod(number, columns)
        middle = GAP + column * cell[0] + PANEL // 2
        y = GAP + line * cell[1]
        draw.text((middle, y), caption, 'black', font, 'ma', align='center')
        corner = middle - whole[0] // 2, y + CAPTION
        image = Image.fromarray(pixels)
        sheet.paste(image.resize(whole, Image.Resampling.LANCZOS), corner)
        frame = [corner[i % 2] + scale * edge for i, edge in enumerate(box)]
        draw.rectangle(frame, outline='#FFD400', width=2)
        detail = image.crop(box).resize((large, large), 0)  # nearest
        y += CAPTION + whole[1] + GAP // 2
        sheet.paste(detail, (middle - large // 2, y))
    sheet.save(path)
