"""From the results of jobs to the numbers and words of a report."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Any

from .plan import Job
from .rows import ComparisonError, Row

__all__ = ['METRICS', 'Line', 'Value', 'summarise', 'verdict']

METRICS = ('PSNR', 'SSIM', 'SSIM_matlab3d', 'CW_SSIM')
TIE = 0.005  # dB, half of the last digit printed
TOLERANCE = 1e-4  # of the input's scores, between two devices

Result = dict[str, Any]


@dataclass(frozen=True)
class Value:
    """A number over seeds.

    Attributes:
        mean: Over the seeds.
        spread: Sample standard deviation; None of a single seed.
    """

    mean: float
    spread: float | None

    @classmethod
    def of(cls, values: Sequence[float]) -> 'Value':
        """Take mean and spread."""
        spread = stdev(values) if len(values) > 1 else None
        return cls(fmean(values), spread)


@dataclass(frozen=True)
class Line:
    """A line of the table: a row, or its absence.

    Attributes:
        row: What was trained; None is the blurred input.
        results: One of each seed that has been tested, in the jobs' order.
        lacking: Seeds that have not.
    """

    row: Row | None
    results: tuple[Result, ...]
    lacking: tuple[int, ...] = ()

    @property
    def label(self) -> str:
        """Name to show."""
        return self.row.label if self.row else 'do nothing: the blurred input'

    def score(self, metric: str) -> Value:
        """Return a score over the seeds."""
        if self.row is None:
            return Value(self.results[0]['metrics'][f'input/{metric}'], None)
        return Value.of([r['metrics'][metric] for r in self.results])

    def gains(self, metric: str) -> list[float]:
        """Return by how much each seed is above the blurred input."""
        return [
            r['metrics'][metric] - r['metrics'][f'input/{metric}']
            for r in self.results
        ]

    def gain(self, metric: str) -> Value:
        """Return by how much the row is above the blurred input."""
        return Value.of(self.gains(metric))

    def value(self, key: str) -> Value:
        """Return another number of the tests over the seeds."""
        return Value.of([r['metrics'][key] for r in self.results])

    def images_above(self) -> tuple[int, int]:
        """Count images with a higher PSNR than their input's, and all."""
        gains = [
            image['PSNR'] - image['input/PSNR']
            for result in self.results
            for image in result['images']
        ]
        return sum(gain > 0 for gain in gains), len(gains)

    @property
    def is_below(self) -> bool:
        """Whether the mean PSNR is below the blurred input's."""
        return bool(self.row and self.results) and self.gain('PSNR').mean < 0

    @property
    def is_tie(self) -> bool:
        """Whether the mean PSNR is printed as the blurred input's."""
        return bool(self.results) and abs(self.gain('PSNR').mean) < TIE


def summarise(jobs: Sequence[Job]) -> list[Line]:
    """Make the lines of the table, the blurred input first.

    Args:
        jobs: What the table is of, whether done or not.

    Raises:
        ComparisonError: If nothing is done, a result is of another training,
            or the results disagree about the blurred input.
    """
    lines: dict[str, Line] = {}
    first: Result | None = None
    for job in jobs:
        line = lines.get(job.row.name, Line(job.row, ()))
        result = job.result()
        if result is None:
            lacking = (*line.lacking, job.seed)
            lines[job.row.name] = Line(line.row, line.results, lacking)
            continue
        result['folder'] = str(job.folder)
        first = first or result
        _check_same_input(first, result)
        results = (*line.results, result)
        lines[job.row.name] = Line(line.row, results, line.lacking)
    if first is None:
        raise ComparisonError('nothing has been tested yet: no report')
    return [Line(None, (first,)), *lines.values()]


def verdict(line: Line) -> str:
    """Say how a row compares with doing nothing.

    Args:
        line: With a row, tested with at least one seed.
    """
    if line.is_tie:
        return 'the same as doing nothing'
    gains = line.gains('PSNR')
    text = 'below doing nothing' if line.is_below else 'above doing nothing'
    if min(gains) < 0 < max(gains):
        return f'{text}; seeds disagree'
    if (line.gain('SSIM').mean < 0) != line.is_below:
        return (
            f'{text} in PSNR, {"above" if line.is_below else "below"} in SSIM'
        )
    return text


def _check_same_input(first: Result, result: Result) -> None:
    for metric in METRICS:
        key = f'input/{metric}'
        found = first['metrics'][key], result['metrics'][key]
        if abs(found[0] - found[1]) > TOLERANCE:
            raise ComparisonError(
                f'{first["row"]!r} and {result["row"]!r} were tested on other '
                f'images: {metric} of the blurred input is {found[0]} and '
                f'{found[1]}; test both again'
            )
