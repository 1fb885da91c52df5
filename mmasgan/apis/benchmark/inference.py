"""How long an image takes to deblur beside MMagic's generator."""

import argparse
from collections.abc import Callable

import torch
from mmengine.device import get_device
from mmengine.registry import MODELS
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from ..config import load_config
from .machine import matrix_product
from .models import CONFIGS, peer_generator
from .results import Result, rows_of
from .turns import Job, take_turns

__all__ = ['add_arguments', 'measure']


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the suite can be told."""
    parser.add_argument('--size', nargs=2, type=int, default=(720, 1280))
    parser.add_argument('--width', type=int, default=64)
    parser.add_argument('--count', type=int, default=1, help='in a round')


def measure(args: argparse.Namespace) -> Result:
    """Time the generators."""
    device = torch.device(get_device()).type
    machine = {
        name: matrix_product(getattr(torch, name), device)
        for name in ('float32', 'bfloat16')
    }
    torch.manual_seed(0)
    image = torch.rand(1, 3, *args.size, device=device) * 2 - 1
    peer = peer_generator(args.width).to(device)
    jobs = [_job("MMagic's ResNet, float32", _plain(peer, image), machine)]
    for title, config in (
        ('CycleGAN', 'cyclegan_gopro'),
        ('flagship', 'ascyclegan_gopro'),
    ):
        cfg = load_config(str(CONFIGS / f'{config}.py'))
        cfg.model.generator.base_channels = args.width
        generator = MODELS.build(cfg.model.generator).eval().to(device)
        calls = {
            'float32': _plain(generator, image),
            'bfloat16': _fast(generator, image),
        }
        exact, fast = (call(0) for call in calls.values())
        error = (fast - exact).abs().mean().item() * 127.5
        for precision, call in calls.items():
            jobs.append(_job(f'{title}, {precision}', call, machine))
        jobs[-1].note = f'{error:.2f}/255 from float32'
    take_turns([*jobs, *machine.values()], args.rounds, args.count)
    height, width = args.size
    return Result(
        f'One image of {width}x{height}',
        'ms',
        rows_of([*jobs, *machine.values()]),
    )


def _plain(network: nn.Module, image: Tensor) -> Callable[[int], Tensor]:
    def call(_: int) -> Tensor:
        with torch.no_grad():
            return network(image)

    return call


def _fast(network: nn.Module, image: Tensor) -> Callable[[int], Tensor]:
    def call(_: int) -> Tensor:
        with (
            torch.inference_mode(),
            torch.autocast(image.device.type, torch.bfloat16),
        ):
            return network(image.to(memory_format=torch.channels_last)).float()

    return call


def _job(
    name: str, call: Callable[[int], Tensor], machine: dict[str, Job]
) -> Job:
    with FlopCounterMode(display=False) as counter:
        call(0)
    flops = counter.get_total_flops()
    return Job(name, call, flops, machine[name.rpartition(' ')[2]].name)
