"""Measure speed: ``python tools/benchmark.py loader --data data/gopro``.

What is compared runs in one process, in rounds that take turns, so that a
busy machine disturbs all alike. Printed are medians and spread.
"""

import argparse
import platform
import statistics
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import cv2
import torch
from rich.console import Console
from rich.table import Table

from mmasgan import compat  # noqa: F401  before anything of MMagic
from mmasgan.datasets import LoadRGBImage, RandomCrop, UnpairedGoProDataset
from mmasgan.datasets.gopro_layout import GoProSubset
from mmasgan.datasets.gopro_split import obtain_split
from mmasgan.datasets.prepare import build_store
from mmasgan.datasets.prepare.finish import listed

KEYS = ['img_blur', 'img_sharp']


def interleaved(
    jobs: dict[str, Callable[[int], object]], rounds: int, count: int
) -> dict[str, list[float]]:
    """Time jobs in turn.

    Args:
        jobs: Functions by name, called with 0, 1, ...
        rounds: How often each takes its turn, after one to warm up.
        count: Calls in a turn.

    Returns:
        Calls a second of each turn, by name.
    """
    rates: dict[str, list[float]] = {name: [] for name in jobs}
    for turn in range(rounds + 1):
        for name, job in jobs.items():
            start = time.perf_counter()
            for number in range(count):
                job(turn * count + number)
            rate = count / (time.perf_counter() - start)
            if turn:
                rates[name].append(rate)
    return rates


def show(title: str, unit: str, rates: dict[str, list[float]]) -> None:
    """Print the rates, each beside the first one."""
    table = Table('', title=title, title_justify='left')
    for column in (f'median {unit}', 'lowest', 'highest', 'ratio'):
        table.add_column(column, justify='right')
    first = statistics.median(next(iter(rates.values())))
    for name, found in rates.items():
        middle = statistics.median(found)
        figures = (middle, min(found), max(found))
        cells = (f'{figure:.1f}' for figure in figures)
        table.add_row(name, *cells, f'{middle / first:.1f}')
    Console().print(table)


def loader(args: argparse.Namespace) -> None:
    """Crops from full frames and from a store, one process, one thread."""
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory(dir=args.scratch) as scratch:
        store = args.store
        if store is None:
            store = str(Path(scratch, 'store'))
            subset = GoProSubset(args.data, 'train')
            blur, sharp = listed(
                Path(args.data), obtain_split(subset, 'disjoint', 0)
            )
            build_store(args.data, blur + sharp, store)
        data = {
            'full frames': _dataset(args, None),
            'store': _dataset(args, store),
        }
        for index in range(5):
            full, fast = (dataset[index] for dataset in data.values())
            for key in KEYS:
                if (full[key] != fast[key]).any():
                    raise AssertionError(f'{key} {index} differ')
        jobs = {name: dataset.__getitem__ for name, dataset in data.items()}
        rates = interleaved(jobs, args.rounds, args.count)
    show(
        f'{args.crop}x{args.crop} crops of each domain, one process',
        'crops/s',
        rates,
    )


def _dataset(
    args: argparse.Namespace, store: str | None
) -> UnpairedGoProDataset:
    pipeline = [LoadRGBImage(KEYS, store=store), RandomCrop(KEYS, args.crop)]
    return UnpairedGoProDataset(args.data, pipeline=pipeline, seed=0)


def _add_loader(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('--data', required=True, help="GoPro's folder")
    parser.add_argument('--store', help='its store; None builds one')
    parser.add_argument('--scratch', help='where to build it')
    parser.add_argument('--crop', type=int, default=256)
    parser.add_argument('--count', type=int, default=40, help='in a round')
    parser.set_defaults(run=loader)


SUITES = {'loader': _add_loader}


def main() -> None:
    """Run a suite."""
    parser = argparse.ArgumentParser(description='Measure speed')
    suites = parser.add_subparsers(required=True, metavar='SUITE')
    for name, add in SUITES.items():
        suite = suites.add_parser(name)
        suite.add_argument('--rounds', type=int, default=7)
        add(suite)
    args = parser.parse_args()
    packages = ('torch', 'numpy', 'pillow')
    versions = ', '.join(f'{name} {version(name)}' for name in packages)
    Console().print(
        f'{platform.machine()}, Python {platform.python_version()}, {versions}'
    )
    args.run(args)


if __name__ == '__main__':
    main()
