"""Print the size of models: ``python tools/complexity.py configs/*_gopro.py``.

Counts trainable parameters, and multiply-adds for one image. A convolution
counts as one multiply-add per weight and output position; norms and
activations are not counted.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import torch
from mmengine.registry import MODELS
from rich.console import Console
from rich.table import Table
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from mmasgan.apis import load_config


def networks(model: nn.Module) -> tuple[nn.Module, nn.Module, Callable]:
    """Return generator, discriminator and a function that deblurs an image.

    A model with two directions has equal networks in both.
    """
    if not hasattr(model, 'generators'):
        return model.generator, model.discriminator, model
    generator = model.generators['sharp']

    def deblur(image: torch.Tensor) -> torch.Tensor:
        classes = getattr(generator, 'num_classes', 1)
        shape = (1, classes, *image.shape[2:])
        return generator(image, torch.full(shape, 1 / classes))

    return generator, model.discriminators['sharp'], deblur


def millions(network: nn.Module) -> float:
    """Return the number of trainable parameters in millions."""
    weights = (w.numel() for w in network.parameters() if w.requires_grad)
    return sum(weights) / 1e6


def giga_macs(function: Callable, image: torch.Tensor) -> float:
    """Return the multiply-adds of a call in units of 10^9."""
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        function(image)
    return counter.get_total_flops() / 2e9


def main() -> None:
    """Build the networks of each config and print their size."""
    parser = argparse.ArgumentParser(description='Print the size of models')
    parser.add_argument('configs', nargs='+', help='config files')
    parser.add_argument(
        '--size', nargs=2, type=int, default=(256, 256), help='height width'
    )
    args = parser.parse_args()
    height, width = args.size
    table = Table('config', title=f'One image of {height}x{width}')
    for network in ('generator', 'discriminator'):
        table.add_column(f'{network} (M)', justify='right')
        table.add_column('GMAC', justify='right')
    for path in args.configs:
        model = MODELS.build(load_config(path).model).eval()
        generator, discriminator, deblur = networks(model)
        image = torch.zeros(1, 3, height, width)
        sizes = (
            millions(generator),
            giga_macs(deblur, image),
            millions(discriminator),
            giga_macs(discriminator, image),
        )
        table.add_row(Path(path).stem, *(f'{size:.2f}' for size in sizes))
    Console().print(table)


if __name__ == '__main__':
    main()
