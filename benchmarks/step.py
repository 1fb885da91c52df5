"""Time of a training step, compared with MMagic's CycleGAN."""

import argparse
from collections.abc import Callable, Mapping
from functools import partial

from mmengine import MessageHub

from .machine import precisions, products, rated
from .models import OURS, our_step, peer_step
from .results import Result, rows_of
from .turns import Job, take_turns

__all__ = ['add_arguments', 'builders', 'measure']

PEER = "MMagic's CycleGAN, float32"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the suite."""
    parser.add_argument('--crop', type=int, default=256)
    parser.add_argument('--batch', type=int, default=1)
    parser.add_argument('--width', type=int, default=64)
    parser.add_argument('--count', type=int, default=1, help='calls per round')


def builders(
    crop: int, batch: int, width: int
) -> Mapping[str, Callable[[], Callable[[int], object]]]:
    """Return a function per name that builds a training step; MMagic first."""
    found = {PEER: partial(peer_step, crop, batch, width)}
    for title, config in OURS.items():
        for precision in precisions():
            amp = precision == 'bfloat16'
            found[f'{title}, {precision}'] = partial(
                our_step, config, crop, batch, amp, width
            )
    return found


def measure(args: argparse.Namespace) -> Result:
    """Time the training steps."""
    MessageHub.get_current_instance().update_info('iter', 0)
    machine = products()
    jobs = []
    for name, build in builders(args.crop, args.batch, args.width).items():
        penalised = name.startswith('flagship')
        make = Job if penalised else partial(rated, machine=machine)
        jobs.append(make(name, build()))
    jobs += machine.values()
    take_turns(jobs, args.rounds, args.count)
    title = f'Training step, {args.crop}x{args.crop}, batch {args.batch}'
    return Result(title, 'ms', rows_of(jobs))
