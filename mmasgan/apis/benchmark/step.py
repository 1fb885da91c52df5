"""How long a training step takes beside MMagic's CycleGAN's."""

import argparse
from collections.abc import Callable, Mapping
from functools import partial

import torch
from mmengine import MessageHub
from mmengine.device import get_device
from torch.utils.flop_counter import FlopCounterMode

from .machine import matrix_product
from .models import our_step, peer_step
from .results import Result, rows_of
from .turns import Job, take_turns

__all__ = ['add_arguments', 'builders', 'measure']

PEER = "MMagic's CycleGAN, float32"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the suite can be told."""
    parser.add_argument('--crop', type=int, default=256)
    parser.add_argument('--batch', type=int, default=1)
    parser.add_argument('--width', type=int, default=64)
    parser.add_argument('--count', type=int, default=1, help='in a round')


def builders(
    crop: int, batch: int, width: int
) -> Mapping[str, Callable[[], Callable[[int], object]]]:
    """Return what builds each training step, by name; the peer first."""
    found = {PEER: partial(peer_step, crop, batch, width)}
    for title, config in (
        ('CycleGAN', 'cyclegan_gopro'),
        ('flagship', 'ascyclegan_gopro'),
    ):
        for precision, amp in (('float32', False), ('bfloat16', True)):
            found[f'{title}, {precision}'] = partial(
                our_step, config, crop, batch, amp, width
            )
    return found


def measure(args: argparse.Namespace) -> Result:
    """Time the steps."""
    MessageHub.get_current_instance().update_info('iter', 0)
    device = torch.device(get_device()).type
    machine = {
        name: matrix_product(getattr(torch, name), device)
        for name in ('float32', 'bfloat16')
    }
    jobs = []
    for name, build in builders(args.crop, args.batch, args.width).items():
        step = build()
        job = Job(name, step)
        if not name.startswith('flagship'):
            job.flops = _operations(step)
            job.reference = machine[name.rpartition(' ')[2]].name
        jobs.append(job)
    take_turns([*jobs, *machine.values()], args.rounds, args.count)
    return Result(
        f'Training step, {args.crop}x{args.crop}, batch {args.batch}',
        'ms',
        rows_of([*jobs, *machine.values()]),
    )


def _operations(step: Callable[[int], object]) -> int:
    """Count; PyTorch's counter cannot follow a gradient penalty."""
    with FlopCounterMode(display=False) as counter:
        step(0)
    return counter.get_total_flops()
