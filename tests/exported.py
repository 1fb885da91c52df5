"""Small generators to export, what to run them on, and a quick format."""

import numpy as np
import torch

from mmasgan.apis.export_formats import FORMATS, Format
from mmasgan.generators import ResNetV2SFTGenerator

KINDS = {
    'flagship': {},
    'post-activation': dict(block='v1', sft=False),
    'CycleGAN': dict(
        block='v1', sft=False, global_residual=False, dropout=0.0
    ),
    'without norms': dict(norm=False, sft=False),
}


def make(**settings):
    torch.manual_seed(0)
    generator = ResNetV2SFTGenerator(
        base_channels=4, num_blocks=1, num_classes=3, **settings
    )
    for name, parameter in generator.named_parameters():
        if 'scale' in name or 'shift' in name:  # they start without effect
            torch.nn.init.normal_(parameter, std=0.1)
    generator.decoder[-2].weight.data *= 30  # starts near the identity
    return generator.eval()


def images(number, height, width):
    draw = np.random.default_rng(number)
    return draw.uniform(-1, 1, (number, 3, height, width)).astype(np.float32)


def maps(number, height, width):
    draw = np.random.default_rng(7)
    probabilities = draw.dirichlet(np.ones(3), (number, height, width))
    channels_first = probabilities.transpose(0, 3, 1, 2)
    return np.ascontiguousarray(channels_first, np.float32)


def write_nothing(monkeypatch, suffix, change=lambda output: output):
    """Let a format's files be empty, and run what they were to hold.

    A real export takes seconds; what comes before and after it is the same.
    """
    written = []

    def write(network, *rest):
        written.append(network)
        rest[-1].write_bytes(b'written')

    def load(path):
        return lambda *inputs: change(written[-1](*inputs))

    monkeypatch.setitem(FORMATS, suffix, Format(write, load))
