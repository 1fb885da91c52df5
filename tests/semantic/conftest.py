import gc

import numpy as np
import pytest
from PIL import Image

from mmasgan.semantic import Prior


@pytest.fixture(autouse=True)
def no_collecting(monkeypatch):
    # MMEngine collects garbage for each data set, some 0.2 s with PyTorch.
    monkeypatch.setattr(gc, 'collect', lambda: 0)


class Counting(Prior):
    """A source whose map encodes position, and which counts its calls."""

    def __init__(self, classes='outdoor', stop_at=None):
        super().__init__(classes)
        self.names = []
        self.stop_at = stop_at

    def segment(self, image, name):
        if len(self.names) == self.stop_at:
            raise KeyboardInterrupt
        self.names.append(name)
        return position_map(image.shape[:2], len(self.table.classes))


def position_map(size, count=8):
    """Return probabilities that tell row and column."""
    rows, columns = (np.arange(side, dtype=np.float32) for side in size)
    maps = np.zeros((count, *size), np.float32)
    maps[1] = 0.5 * (rows / size[0])[:, None]
    maps[2] = 0.5 * (columns / size[1])[None]
    maps[0] = 1 - maps.sum(0)
    return maps


@pytest.fixture
def counting():
    return Counting


@pytest.fixture
def data(tmp_path):
    """Two sequences of two images of each domain, 40x24 pixels."""
    random = np.random.RandomState(0)
    root = tmp_path / 'data'
    for sequence in 'ab':
        for domain in ('blur', 'sharp'):
            for frame in (1, 2):
                path = root / 'train' / sequence / domain / f'{frame:06}.png'
                path.parent.mkdir(parents=True, exist_ok=True)
                pixels = random.randint(0, 256, (24, 40, 3), dtype=np.uint8)
                Image.fromarray(pixels).save(path)
    return root


@pytest.fixture
def image():
    return np.random.RandomState(0).randint(0, 256, (33, 47, 3), np.uint8)
