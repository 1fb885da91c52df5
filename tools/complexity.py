"""Print the size of models: ``python tools/complexity.py configs/*_gopro.py``.

Parameters, and multiply-adds of one image. A convolution counts as one
multiply-add a weight and place; norms and activations are not counted.
"""

import argparse
from pathlib import Path

import torch
from mmengine.registry import MODELS
from rich.console import Console
from rich.table import Table
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from mmasgan.apis import load_config


def count(network: nn.Module, *inputs: torch.Tensor) -> tuple[float, float]:
    """Return millions of parameters and 10^9 multiply-adds of a network."""
    parameters = sum(weight.numel() for weight in network.parameters())
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        network.eval()(*inputs)
    return parameters / 1e6, counter.get_total_flops() / 2e9


def main() -> None:
    """Build both networks of each config and count."""
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
        model = load_config(path).model
        image = torch.zeros(1, 3, height, width)
        classes = model.generator.num_classes
        maps = torch.full((1, classes, height, width), 1 / classes)
        sizes = [
            *count(MODELS.build(model.generator), image, maps),
            *count(MODELS.build(model.discriminator), image),
        ]
        table.add_row(Path(path).stem, *(f'{size:.2f}' for size in sizes))
    Console().print(table)


if __name__ == '__main__':
    main()
