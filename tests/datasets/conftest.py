import gc
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image


@pytest.fixture(autouse=True)
def no_collecting(monkeypatch):
    # MMEngine collects garbage for each data set, some 0.2 s with PyTorch.
    monkeypatch.setattr(gc, 'collect', lambda: 0)


@pytest.fixture
def write_image():
    """Write an image of noise, or of the given pixels."""

    def write(path, pixels=None, size=(12, 16), seed=0):
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        if pixels is None:
            random = np.random.RandomState(seed)
            pixels = random.randint(0, 256, (*size, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(path)
        return path

    return write


@pytest.fixture
def make_nested(tmp_path, write_image):
    """Make GoPro's own layout; sequences maps a name to a number of images."""

    def make(
        sequences, subset='train', kinds=('blur', 'sharp'), size=(12, 16)
    ):
        root = tmp_path / 'gopro'
        for i, (name, count) in enumerate(sequences.items()):
            for j, kind in enumerate(kinds):
                for n in range(count):
                    path = root / subset / name / kind / f'{n:06}.png'
                    write_image(path, size=size, seed=100 * i + 10 * n + j)
        return root

    return make


@pytest.fixture
def make_flat(tmp_path, write_image):
    """Make the flat layout from file names."""

    def make(names, subset='train'):
        root = tmp_path / 'flat'
        for folder in ('input', 'target'):
            for seed, name in enumerate(names):
                write_image(root / subset / folder / name, seed=seed)
        return root

    return make


@pytest.fixture(scope='session')
def real_root():
    """Frames of GoPro (and one sequence of REDS), which are not shipped."""
    beside = Path(__file__).parents[3] / 'shared' / 'data' / 'gopro'
    root = Path(os.environ.get('MMASGAN_GOPRO', beside))
    if not root.is_dir():
        pytest.skip(f'no real frames at {root}; set MMASGAN_GOPRO')
    return root
