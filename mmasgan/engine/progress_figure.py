"""Figure of the progress of a training."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

__all__ = ['Validation', 'draw_progress']

# Okabe and Ito's colours for colour-blind readers.
COLOURS = ('#0072B2', '#E69F00', '#009E73', '#CC79A7', '#56B4E9', '#D55E00')
ABOVE, BELOW = COLOURS[0], '#B00020'
POINTS = 150  # per curve, after averaging


@dataclass(frozen=True)
class Validation:
    """Scores of a validation.

    Attributes:
        iteration: Iteration of the training.
        images: Scores of each image, by name: ``input/PSNR``, ``gain/PSNR``,
            and those of other metrics. A gain is positive if the model is
            better than the blurred input.
    """

    iteration: int
    images: dict[str, dict[str, float]]

    def mean(self, score: str) -> float:
        """Return the mean of a score over the images."""
        return float(np.mean([s[score] for s in self.images.values()]))

    def count_below(self) -> int:
        """Return the number of images with a PSNR below that of the input."""
        return sum(s['gain/PSNR'] < 0 for s in self.images.values())


def draw_progress(
    validations: Sequence[Validation],
    curves: Mapping[str, Sequence[float]],
) -> bytes:
    """Draw PSNR, gains, discriminator accuracy and losses by iteration.

    Args:
        validations: Validations, at least one, ordered by iteration.
        curves: Logged values of the training, by name; those with ``loss`` or
            ``accuracy`` in the name are drawn. A curve with fewer values than
            iterations is stretched.

    Returns:
        Content of a PNG file.
    """
    kinds = {
        kind: {k: v for k, v in curves.items() if kind in k and len(v)}
        for kind in ('accuracy', 'loss')
    }
    rows = 2 + sum(bool(found) for found in kinds.values())
    height = 2.7 * rows + 0.4
    figure = Figure((9, height), dpi=110)
    # A layout engine would draw everything twice.
    figure.subplots_adjust(
        left=0.1,
        right=0.745,
        bottom=0.55 / height,
        top=1 - 0.35 / height,
        hspace=0.25,
    )
    panels = list(figure.subplots(rows, 1, sharex=True))
    last = validations[-1].iteration
    _draw_psnr(panels.pop(0), validations)
    _draw_gains(panels.pop(0), validations)
    if kinds['accuracy']:
        _draw_accuracy(panels.pop(0), kinds['accuracy'], last)
    if kinds['loss']:
        _draw_losses(panels.pop(0), kinds['loss'], last)
    for axes in figure.axes:
        axes.grid(alpha=0.25)
        axes.set_xlim(0, 1.02 * max(last, 1))
    axes.set_xlabel('iteration')
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5]))
    file = io.BytesIO()
    figure.savefig(file, format='png')
    return file.getvalue()


def _draw_psnr(axes: Axes, validations: Sequence[Validation]) -> None:
    last = validations[-1]
    before = last.mean('input/PSNR')
    steps = [v.iteration for v in validations]
    model = [v.mean('input/PSNR') + v.mean('gain/PSNR') for v in validations]
    axes.axhline(before, color='black', ls='--', label='input: do nothing')
    axes.plot(steps, model, 'o-', color=ABOVE, ms=4, label='model')
    best = max(validations, key=lambda v: v.mean('gain/PSNR'))
    axes.set_title(
        f'iteration {last.iteration}: {model[-1]:.2f} dB, input '
        f'{before:.2f} dB, gain {last.mean("gain/PSNR"):+.2f} dB (best '
        f'{best.mean("gain/PSNR"):+.2f} dB at {best.iteration})',
        fontsize=10,
    )
    axes.set_ylabel('PSNR (dB)')
    _add_legend(axes)


def _draw_gains(axes: Axes, validations: Sequence[Validation]) -> None:
    """Draw a dot per image and validation, and a line per image."""
    last = validations[-1]
    found = [(s['gain/PSNR'], name) for name, s in last.images.items()]
    names = list(dict.fromkeys(n for v in validations for n in v.images))
    steps = np.array([v.iteration for v in validations])
    gains = np.array(
        [
            [v.images.get(n, {}).get('gain/PSNR', np.nan) for n in names]
            for v in validations
        ]
    )
    faint = min(1, 4 / len(names) ** 0.6)
    axes.plot(steps, gains, color='grey', lw=0.8, alpha=0.5 * faint)
    where = np.broadcast_to(steps[:, None], gains.shape)
    for colour, chosen in ((ABOVE, gains >= 0), (BELOW, gains < 0)):
        dots = where[chosen], gains[chosen]
        axes.scatter(*dots, s=14, color=colour, alpha=faint, lw=0, zorder=3)
    for title, colour, (value, name) in (
        ('best', ABOVE, max(found)),
        ('worst', BELOW, min(found)),
    ):
        label = f'{title}: {value:+.2f} dB\n{_shorten(name)}'
        line = gains[:, names.index(name)]
        axes.plot(steps, line, color=colour, lw=1, label=label)
    median = np.nanmedian(gains, axis=1)
    label = f'median: {median[-1]:+.2f} dB'
    axes.plot(steps, median, color='black', lw=1.5, label=label, zorder=4)
    axes.axhline(0, color='black', ls='--', lw=1)
    low, high = axes.get_ylim()
    axes.axhspan(low, 0, color=BELOW, alpha=0.06, lw=0)
    axes.set_ylim(low, high)
    axes.set_title(
        f'{last.count_below()} of {len(found)} images are below their input',
        fontsize=10,
    )
    axes.set_ylabel('gain of each\nimage (dB)')
    _add_legend(axes)


def _draw_accuracy(
    axes: Axes, curves: Mapping[str, Sequence[float]], last: int
) -> None:
    for number, (name, values) in enumerate(sorted(curves.items())):
        colour = COLOURS[number % len(COLOURS)]
        label = name.removeprefix('discriminator_accuracy_')
        axes.plot(*_thin(values, last), color=colour, label=label)
    for height in (0.5, 1):
        axes.axhline(height, color='black', ls='--', lw=1)
    axes.set_ylim(0, 1.06)
    axes.set_title(
        'fraction of patches that a discriminator classifies correctly; '
        '0.5: chance, 1: all',
        fontsize=10,
    )
    axes.set_ylabel('discriminator\naccuracy')
    _add_legend(axes)


def _draw_losses(
    axes: Axes, curves: Mapping[str, Sequence[float]], last: int
) -> None:
    thinned = {name: _thin(values, last) for name, values in curves.items()}
    terms = list(dict.fromkeys(name.rpartition('_')[0] for name in curves))
    for name, points in thinned.items():
        term, _, direction = name.rpartition('_')
        axes.plot(
            *points,
            color=COLOURS[terms.index(term) % len(COLOURS)],
            ls=':' if direction == 'reblur' else '-',
            lw=1.2,
            label=name.removeprefix('loss_').replace('_', ' '),
        )
    # Terms differ by magnitudes, and Wasserstein losses may be negative.
    every = np.concatenate([values for _, values in thinned.values()])
    if every.min() <= 0:
        axes.set_yscale('symlog', linthresh=0.1)
    elif every.max() > 10 * every.min():
        axes.set_yscale('log')
    axes.set_title('losses, weighted', fontsize=10)
    axes.set_ylabel('loss')
    _add_legend(axes)


def _thin(values: Sequence[float], last: int) -> tuple[np.ndarray, np.ndarray]:
    """Average neighbouring values; return iterations and means."""
    pieces = np.array_split(
        np.asarray(values, float), min(POINTS, len(values))
    )
    ends = np.cumsum([len(piece) for piece in pieces])
    steps = ends * (last / len(values))
    return steps, np.array([piece.mean() for piece in pieces])


def _shorten(name: str) -> str:
    return name if len(name) <= 24 else f'{name[:11]}…{name[-12:]}'


def _add_legend(axes: Axes) -> None:
    axes.legend(
        loc='upper left',
        bbox_to_anchor=(1, 1),
        frameon=False,
        fontsize=8.5,
        borderaxespad=0.4,
    )
