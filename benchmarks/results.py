"""Results of a suite: as a table, as JSON and as a picture."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple

from matplotlib.figure import Figure
from rich.console import Console
from rich.table import Table

from .turns import Job

__all__ = ['Result', 'Row', 'draw', 'print_table', 'rows_of', 'write_json']

OURS, PEER = '#0072B2', '#767676'


@dataclass
class Row:
    """A line of a table.

    Attributes:
        name: Measured model or operation.
        value: Median of all rounds.
        lowest: Minimum of all rounds.
        highest: Maximum of all rounds.
        gflops: 10^9 floating-point operations per second.
        share: Fraction of the speed of a matrix product on this machine.
        note: Remark.
    """

    name: str
    value: float
    lowest: float
    highest: float
    gflops: float | None = None
    share: float | None = None
    note: str = ''


class Result(NamedTuple):
    """Result of a suite; the first row is the reference of the others."""

    title: str
    unit: str
    rows: list[Row]


def rows_of(jobs: Sequence[Job], unit: float = 1e3) -> list[Row]:
    """Summarise timed jobs.

    Args:
        jobs: Jobs after :func:`take_turns`.
        unit: Unit of the result, as the number of units in a second.
    """
    rates = {
        job.name: job.flops / job.median / 1e9 for job in jobs if job.flops
    }
    return [
        Row(
            job.name,
            job.median * unit / job.amount,
            min(job.seconds) * unit / job.amount,
            max(job.seconds) * unit / job.amount,
            rates.get(job.name),
            rates[job.name] / rates[job.reference] if job.reference else None,
            job.note,
        )
        for job in jobs
    ]


def print_table(result: Result) -> None:
    """Print a result."""
    table = Table('', title=result.title, title_justify='left')
    columns = (result.unit, 'rounds', 'ratio', 'GFLOP/s', 'of machine')
    for column in columns:
        table.add_column(column, justify='right')
    table.add_column('')
    for row in result.rows:
        table.add_row(
            row.name,
            f'{row.value:.1f}',
            f'{row.lowest:.1f}-{row.highest:.1f}',
            f'{row.value / result.rows[0].value:.2f}',
            '' if row.gflops is None else f'{row.gflops:.0f}',
            '' if row.share is None else f'{row.share:.0%}',
            row.note,
        )
    Console().print(table)


def write_json(path: Path, result: Result, machine: dict) -> None:
    """Write the result and the machine it was measured on."""
    rows = [
        asdict(row) | {'ratio': row.value / result.rows[0].value}
        for row in result.rows
    ]
    content = result._asdict() | {'rows': rows, 'machine': machine}
    path.write_text(json.dumps(content, indent=2) + '\n', encoding='utf-8')


def draw(path: Path, result: Result) -> None:
    """Draw the ratios to the first row, with the range of all rounds."""
    rows = result.rows
    figure = Figure((7, 0.8 + 0.4 * len(rows)), dpi=150, layout='constrained')
    axes = figure.add_subplot()
    for place, row in enumerate(rows):
        value, low, high = (
            number / rows[0].value
            for number in (row.value, row.lowest, row.highest)
        )
        axes.barh(place, value, color=OURS if place else PEER, height=0.6)
        axes.plot([low, high], [place, place], color='black')
        axes.annotate(
            f'{value:.2f}',
            (high, place),
            xytext=(4, 0),
            textcoords='offset points',
            va='center',
        )
    axes.axvline(1, color=PEER, linewidth=1)
    axes.set_yticks(range(len(rows)), [row.name for row in rows])
    axes.invert_yaxis()
    axes.set_xlabel(f'{result.unit}, as a multiple of the first')
    axes.set_title(result.title, loc='left')
    axes.spines[['top', 'right']].set_visible(False)
    figure.savefig(path)
