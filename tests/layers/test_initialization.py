import subprocess
import sys

import pytest
import torch
from mmengine.model import kaiming_init, normal_init
from torch import nn

from mmasgan.layers.initialization import init_kaiming, init_normal


@pytest.fixture
def network():
    return nn.Sequential(
        nn.Conv2d(3, 8, 3),
        nn.BatchNorm2d(8),
        nn.Sequential(nn.ConvTranspose2d(8, 4, 3), nn.Conv2d(4, 2, 1)),
        nn.Conv2d(2, 2, 3, bias=False),
    )


def convolutions(network):
    yield network[0]
    yield from network[2]
    yield network[3]


@pytest.mark.parametrize(
    ('ours', 'theirs', 'arguments'),
    [
        (init_normal, normal_init, dict(std=0.02)),
        (init_kaiming, kaiming_init, dict(mode='fan_in')),
        (init_kaiming, kaiming_init, dict(mode='fan_out')),
    ],
)
def test_draws_as_mmengine_does(network, ours, theirs, arguments):
    torch.manual_seed(0)
    ours(network, **arguments)
    found = {key: value.clone() for key, value in network.state_dict().items()}
    torch.manual_seed(0)
    for convolution in convolutions(network):
        theirs(convolution, **arguments)
    for key, value in network.state_dict().items():
        assert torch.equal(found[key], value), key
    assert (found['0.bias'] == 0).all()
    assert found['0.weight'].std() > 0


@pytest.mark.process
def test_light_floors_do_not_import_mmengine_model():
    code = (
        'import sys; import mmasgan.losses, mmasgan.generators, '
        'mmasgan.discriminators; assert "mmengine.model" not in sys.modules'
    )
    subprocess.run([sys.executable, '-c', code], check=True)
