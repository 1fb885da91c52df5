from types import SimpleNamespace

import torch
from torch import nn

from mmasgan.engine import ChannelsLastHook
from mmasgan.generators import ResNetV2SFTGenerator


def test_weights_and_outputs_have_the_channels_last():
    model = nn.Conv2d(3, 8, 3)
    before = {k: v.clone() for k, v in model.state_dict().items()}
    ChannelsLastHook().before_run(SimpleNamespace(model=model))
    layout = dict(memory_format=torch.channels_last)
    assert model.weight.is_contiguous(**layout)
    assert model(torch.zeros(2, 3, 8, 8)).is_contiguous(**layout)
    assert all(
        torch.equal(v, before[k]) for k, v in model.state_dict().items()
    )


def test_a_generator_computes_the_same():
    torch.manual_seed(0)
    generator = ResNetV2SFTGenerator(base_channels=8, num_blocks=2).eval()
    images = torch.rand(1, 3, 32, 40) * 2 - 1
    semantic = torch.rand(1, 8, 32, 40)
    expected = generator(images, semantic)
    ChannelsLastHook().before_run(SimpleNamespace(model=generator))
    difference = (generator(images, semantic) - expected).abs().max()
    assert difference < 1e-5
