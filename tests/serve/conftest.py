from io import BytesIO

import numpy as np
import pytest
import torch
from PIL import Image
from served import served
from tiny import make_checkpoint

from mmasgan.apis import TorchBackend, load_generator
from mmasgan.generators import ResNetV2SFTGenerator
from mmasgan.semantic.prior import Prior


@pytest.fixture(scope='session')
def weights(tmp_path_factory):
    path = tmp_path_factory.mktemp('serve') / 'tiny.pth'
    make_checkpoint(path)
    return path


@pytest.fixture(scope='session')
def backend(weights):
    return TorchBackend(load_generator(weights))


@pytest.fixture
def steered():
    torch.manual_seed(0)
    generator = ResNetV2SFTGenerator(
        base_channels=2, num_blocks=1, num_classes=2
    )
    for name, parameter in generator.named_parameters():
        if 'scale' in name or 'shift' in name:  # they start without effect
            torch.nn.init.normal_(parameter)
    return TorchBackend(generator.eval())


@pytest.fixture
def halves():
    """A prior that sees sky above and water below."""

    class Halves(Prior):
        def segment(self, image, name):
            maps = np.zeros((2, 2, 1), np.float32)
            maps[0, 0] = maps[1, 1] = 1
            return maps

    return Halves({'sky': 'sky', 'sea': 'water'})


@pytest.fixture(scope='session')
def photo():
    """Return the content of an image file."""

    def make(suffix='png', height=20, width=25, seed=0):
        draw = np.random.default_rng(seed)
        pixels = draw.integers(0, 256, (height, width, 3), np.uint8)
        file = BytesIO()
        Image.fromarray(pixels).save(file, suffix)
        return file.getvalue()

    return make


@pytest.fixture(scope='session')
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp('attacked')


@pytest.fixture(scope='session')
def address(weights, folder):
    """A server with small limits, for attacks."""
    options = (
        *('--weights', weights, '--max-megabytes', 1, '--queue', 8),
        *('--per-client', 4, '--max-files', 3, '--max-total-megabytes', 8),
    )
    with served(*options, folder=folder) as address:
        yield address
