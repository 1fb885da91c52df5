"""A checkpoint as a training leaves it, and generators as exported."""

import functools

import numpy as np
import pytest
from exported import KINDS, make
from mmengine.runner import Runner
from PIL import Image
from tiny import ROOT, make_gopro, options

from mmasgan.apis import export_generator, load_config


@pytest.fixture(scope='session')
def trained(tmp_path_factory):
    """Two iterations with a moving average; the checkpoint and the runner."""
    folder = tmp_path_factory.mktemp('trained')
    config = ROOT / 'configs' / 'ascyclegan_plus_small_gopro.py'
    values = options(2, folder / 'split.json', config=config)
    values['train_dataloader.dataset.exclude'] = []
    gopro = make_gopro(folder / 'gopro')
    cfg = load_config(str(config), str(folder), str(gopro), values)
    cfg.experiment_name = 'ascyclegan_plus_small_gopro'
    for part in ('cfg', 'dataloader', 'evaluator'):
        cfg[f'val_{part}'] = None
    runner = Runner.from_cfg(cfg)
    runner.train()
    return folder / 'iter_2.pth', runner


@pytest.fixture(scope='session')
def photo():
    """Return a part of a photograph, (48, 40, 3), that deblurring changes."""
    path = ROOT / 'examples' / 'blurred.jpg'
    return np.asarray(Image.open(path).convert('RGB'))[200:248, 200:240]


@pytest.fixture(scope='session')
def exported(tmp_path_factory):
    """Export a kind of generator, once; return it and what was written."""

    @functools.cache
    def once(kind, suffix, semantic):
        generator = make(**KINDS[kind])
        out = tmp_path_factory.mktemp('exported') / f'a{suffix}'
        return generator, export_generator(generator, out, semantic)

    # The cache takes a default for another argument than its value.
    return lambda kind='flagship', suffix='.onnx', semantic=False: once(
        kind, suffix, semantic
    )
