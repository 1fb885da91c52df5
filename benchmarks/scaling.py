"""Time per pixel, batch, rank or file, as their number grows.

All rows are equal if the time grows linearly.
"""

import argparse
import os
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch
from mmengine import MessageHub
from mmengine.device import get_device
from mmengine.registry import MODELS

from mmasgan.apis.config import load_config
from mmasgan.datasets import PairedGoProDataset
from mmasgan.generators.strips import translate_in_strips

from .models import CONFIGS, OURS, our_step
from .ranks import ranks_step
from .results import Result, rows_of
from .turns import Job, take_turns

__all__ = ['add_arguments', 'measure']

PER_SEQUENCE = 100


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the suite."""
    parser.add_argument(
        '--of',
        choices=('step', 'ranks', 'inference', 'files'),
        default='step',
    )
    parser.add_argument('--width', type=int, default=64)
    parser.add_argument(
        '--side', type=int, default=128, help='the smallest side'
    )
    parser.add_argument(
        '--ranks', type=int, default=2, help='the largest number'
    )
    parser.add_argument(
        '--files', type=int, default=1_000, help='the smallest number'
    )
    parser.add_argument('--count', type=int, default=1, help='calls per round')


def measure(args: argparse.Namespace) -> Result:
    """Time growing amounts of work, and divide by the amount."""
    with tempfile.TemporaryDirectory() as scratch:
        if args.of == 'step':
            jobs = _steps(args.side, args.width)
        elif args.of == 'ranks':
            jobs = _ranks(args.ranks, args.side, args.width, Path(scratch))
        elif args.of == 'inference':
            jobs = _images(args.side, args.width)
        else:
            jobs = _listings(args.files, Path(scratch))
        take_turns(jobs, args.rounds, args.count)
    for job in jobs:
        job.note = f'{job.median:.3f} s'
    what = {'files': 'file', 'ranks': 'pixel and rank'}
    unit = f'us per {what.get(args.of, "pixel")}'
    return Result(f'Scaling, {args.of}', unit, rows_of(jobs, 1e6))


def _steps(side: int, width: int) -> list[Job]:
    MessageHub.get_current_instance().update_info('iter', 0)
    return [
        Job(
            f'{times * side}x{times * side}, batch {batch}',
            our_step(OURS['flagship'], times * side, batch, False, width),
            amount=batch * (times * side) ** 2,
        )
        for times, batch in ((1, 1), (2, 1), (3, 1), (1, 2), (1, 4))
    ]


def _ranks(most: int, side: int, width: int, scratch: Path) -> list[Job]:
    """Train with one rank and with several, of the same number of threads."""
    threads = max((os.cpu_count() or 1) // most, 1)
    model = dict(
        config=OURS['flagship'], size=side, count=1, amp=False, width=width
    )
    return [
        Job(
            f'{side}x{side}, ranks {ranks}, threads {threads}',
            ranks_step(ranks, threads, scratch / f'{ranks}', **model),
            amount=side**2,
        )
        for ranks in sorted({1, most})
    ]


def _images(side: int, width: int) -> list[Job]:
    """Deblur images of 4:3 as a whole and in strips."""
    device = get_device()
    cfg = load_config(str(CONFIGS / f'{OURS["flagship"]}.py'))
    cfg.model.generator.base_channels = width
    generator = MODELS.build(cfg.model.generator).eval().to(device)
    whole = torch.inference_mode()(generator)
    strips = partial(translate_in_strips, generator)
    jobs = []
    for times in (3, 6, 12):
        size = times * side // 4, times * side // 3
        x = torch.rand(1, 3, *size, device=device) * 2 - 1
        jobs += [
            Job(
                f'{size[1]}x{size[0]}, {how}',
                _bound(call, x),
                amount=size[0] * size[1],
            )
            for how, call in (('whole', whole), ('strips', strips))
        ]
    return jobs


def _listings(fewest: int, scratch: Path) -> list[Job]:
    """Create data sets of pairs; a pair is two files."""
    jobs = []
    for files in (fewest, 10 * fewest, 100 * fewest):
        root = scratch / str(files)
        for number in range(files // 2):
            sequence = f'GOPR{number // PER_SEQUENCE:04}_11_00'
            for domain in ('blur', 'sharp'):
                folder = root / 'test' / sequence / domain
                folder.mkdir(parents=True, exist_ok=True)
                (folder / f'{number:06}.png').touch()
        jobs.append(
            Job(
                f'{files} files',
                _bound(PairedGoProDataset, str(root)),
                amount=files,
            )
        )
    return jobs


def _bound(call: Callable, argument: object) -> Callable[[int], object]:
    return lambda _: call(argument)
