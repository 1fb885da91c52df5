"""Peak memory of a training step, compared with MMagic's CycleGAN.

Each model trains in a separate process, so that no model reuses the memory
of another one.
"""

import argparse
import json
import statistics
import subprocess
import sys
from pathlib import Path

import torch
from mmengine import MessageHub
from rich.console import Console
from rich.progress import track

from . import step
from .results import Result, Row
from .step import add_arguments

__all__ = ['add_arguments', 'measure']

STATUS = Path('/proc/self/status')


def measure(args: argparse.Namespace) -> Result:
    """Measure the peak memory of each model.

    Raises:
        RuntimeError: If the training of a model fails.
    """
    asked = (args.crop, args.batch, args.width, args.count)
    found: dict[str, list[float]] = {
        name: [] for name in step.builders(*asked[:3])
    }
    for name, peaks in track(
        list(found.items()) * args.rounds,
        description='Processes',
        console=Console(stderr=True),
        transient=True,
    ):
        done = subprocess.run(
            [sys.executable, '-m', __name__, name, *map(str, asked)],
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise RuntimeError(f'{name} failed:\n{done.stderr}')
        peaks.append(json.loads(done.stdout.splitlines()[-1]) / 1e6)
    rows = [
        Row(name, statistics.median(peaks), min(peaks), max(peaks))
        for name, peaks in found.items()
    ]
    return Result('Peak memory of training', 'MB', rows)


def _peak(name: str, crop: int, batch: int, width: int, count: int) -> int:
    """Return the peak memory of model, optimisers and some steps, in bytes."""
    before = _memory('VmRSS')
    train = step.builders(crop, batch, width)[name]()
    MessageHub.get_current_instance().update_info('iter', 0)
    for number in range(1 + count):
        train(number)
    if torch.cuda.is_available():
        return torch.cuda.max_memory_allocated()
    return _memory('VmHWM') - before


def _memory(field: str) -> int:
    for line in STATUS.read_text().splitlines():
        if line.startswith(f'{field}:'):
            return 1024 * int(line.split()[1])
    raise RuntimeError(f'{STATUS} has no {field}')


if __name__ == '__main__':
    asked = (int(argument) for argument in sys.argv[2:])
    print(json.dumps(_peak(sys.argv[1], *asked)))  # noqa: T201
