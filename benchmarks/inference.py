"""Time to deblur an image, compared with MMagic's generator."""

import argparse
from collections.abc import Callable

import torch
from mmengine.device import get_device
from mmengine.registry import MODELS
from torch import Tensor, nn

from mmasgan.apis.config import load_config

from .machine import products, rated
from .models import CONFIGS, OURS, peer_generator
from .results import Result, rows_of
from .turns import take_turns

__all__ = ['add_arguments', 'measure']


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the suite."""
    parser.add_argument('--size', nargs=2, type=int, default=(720, 1280))
    parser.add_argument('--width', type=int, default=64)
    parser.add_argument('--count', type=int, default=1, help='calls per round')


def measure(args: argparse.Namespace) -> Result:
    """Time the generators."""
    machine = products()
    device = get_device()
    torch.manual_seed(0)
    image = torch.rand(1, 3, *args.size, device=device) * 2 - 1
    peer = peer_generator(args.width).to(device)
    jobs = [rated("MMagic's ResNet, float32", _plain(peer, image), machine)]
    for title, config in OURS.items():
        cfg = load_config(str(CONFIGS / f'{config}.py'))
        cfg.model.generator.base_channels = args.width
        generator = MODELS.build(cfg.model.generator).eval().to(device)
        exact, fast = _plain(generator, image), _fast(generator, image)
        jobs.append(rated(f'{title}, float32', exact, machine))
        if 'bfloat16' in machine:
            error = (fast(0) - exact(0)).abs().mean().item() * 127.5
            jobs.append(rated(f'{title}, bfloat16', fast, machine))
            jobs[-1].note = f'{error:.2f}/255 from float32'
    jobs += machine.values()
    take_turns(jobs, args.rounds, args.count)
    height, width = args.size
    return Result(f'One image of {width}x{height}', 'ms', rows_of(jobs))


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
