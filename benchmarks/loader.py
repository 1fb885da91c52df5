"""Crops loaded per second, from full frames and from a store."""

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path

import cv2
import torch

from mmasgan.datasets import LoadRGBImage, RandomCrop, UnpairedGoProDataset
from mmasgan.datasets.gopro_layout import GoProSubset
from mmasgan.datasets.gopro_split import obtain_split
from mmasgan.datasets.prepare.finish import listed
from mmasgan.datasets.prepare.store import build_store

from .models import KEYS
from .results import Result, rows_of
from .turns import Job, take_turns

__all__ = ['add_arguments', 'measure']


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the suite."""
    parser.add_argument('--data', required=True, help='folder of GoPro')
    parser.add_argument(
        '--store', help='store of these data; without it, one is built'
    )
    parser.add_argument('--scratch', help='folder for the built store')
    parser.add_argument('--crop', type=int, default=256)
    parser.add_argument(
        '--count', type=int, default=40, help='calls per round'
    )


def measure(args: argparse.Namespace) -> Result:
    """Measure the time to load a crop per domain, in one thread."""
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
        jobs = [Job(name, d.__getitem__) for name, d in data.items()]
        take_turns(jobs, args.rounds, args.count)
    for job in jobs:
        job.note = f'{1 / job.median:.0f} per second'
    return Result(
        f'{args.crop}x{args.crop} crops per domain, one process',
        'ms',
        rows_of(jobs),
    )


def _dataset(
    args: argparse.Namespace, store: str | None
) -> UnpairedGoProDataset:
    pipeline: list[Callable] = [
        LoadRGBImage(KEYS, store=store),
        RandomCrop(KEYS, args.crop),
    ]
    return UnpairedGoProDataset(args.data, pipeline=pipeline, seed=0)
