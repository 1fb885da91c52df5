"""A data set and a config small enough to train on in seconds."""

from pathlib import Path

import numpy as np
from PIL import Image

ROOT = Path(__file__).parents[1]
CONFIG = str(ROOT / 'configs' / 'ascyclegan_gopro.py')


def make_gopro(root, size=(48, 40)):
    """Write four training and two test sequences of random images."""
    random = np.random.default_rng(0)
    for subset, sequences in (('train', 4), ('test', 2)):
        for sequence in range(sequences):
            for domain in ('blur', 'sharp'):
                folder = root / subset / f'GOPR{sequence:04d}_00_00' / domain
                folder.mkdir(parents=True)
                for frame in range(3):
                    pixels = random.integers(0, 256, (*size, 3), np.uint8)
                    Image.fromarray(pixels).save(folder / f'{frame:06d}.png')
    return root


def options(iterations, split_file, workers=0):
    """Return overrides that shrink the flagship."""
    values = {
        'model.generator.base_channels': 4,
        'model.generator.num_blocks': 1,
        'model.discriminator.base_channels': 4,
        'model.pool_size': 2,
        'train_dataloader.num_workers': workers,
        'train_dataloader.persistent_workers': workers > 0,
        'train_dataloader.dataset.split_file': str(split_file),
        'train_dataloader.dataset.pipeline.1.crop_size': 32,
        'train_cfg.max_iters': iterations,
        'train_cfg.val_interval': 100,
        'param_scheduler.0.begin': 2,
        'param_scheduler.0.end': 8,
        'default_hooks.logger.interval': 1,
        'custom_hooks.1.interval': 100,  # no pictures
        'env_cfg.mp_cfg.mp_start_method': 'fork',
    }
    for stage in ('val', 'test'):
        values[f'{stage}_dataloader.num_workers'] = 0
    return values


def as_arguments(values):
    """Format overrides for the command line."""
    return [f'{key}={value}' for key, value in values.items()]
