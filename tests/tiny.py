"""A data set and a config small enough to train on in seconds."""

import zipfile
from contextlib import contextmanager
from importlib import import_module
from io import BytesIO
from pathlib import Path

import numpy as np
import torch
from mmengine.registry import MODELS
from PIL import Image

from mmasgan.apis import load_config
from mmasgan.datasets.prepare.gopro_census import TEST, TRAIN
from mmasgan.generators import ResNetV2SFTGenerator

ROOT = Path(__file__).parents[1]
CONFIG = str(ROOT / 'configs' / 'ascyclegan_gopro.py')


def make_gopro(root, size=(72, 68)):
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


def build(part):
    """Build what a config names, full size, without memory for weights."""
    with torch.device('meta'):
        return MODELS.build(part)


@contextmanager
def narrow_discriminators():
    """Give those of DeblurGANv2 4 channels, which no config can."""
    name = 'mmagic.models.editors.deblurganv2.deblurganv2_discriminator'
    init = import_module(name).NLayerDiscriminator.__init__
    channels, width, *others = init.__defaults__
    init.__defaults__ = channels, 4, *others
    try:
        yield
    finally:
        init.__defaults__ = channels, width, *others


def make_archive(path, size=(48, 56)):
    """Zip GoPro's 22 and 11 sequences, of one pair of random images each."""
    random = np.random.default_rng(0)
    with zipfile.ZipFile(path, 'w') as opened:
        for subset, names in (('train', TRAIN), ('test', TEST)):
            for name in names:
                for kind in ('blur', 'sharp'):
                    pixels = random.integers(0, 256, (*size, 3), np.uint8)
                    content = BytesIO()
                    Image.fromarray(pixels).save(content, 'PNG')
                    opened.writestr(
                        f'GOPRO_Large/{subset}/{name}/{kind}/000001.png',
                        content.getvalue(),
                    )
    return path


def options(iterations, split_file, workers=0, config=CONFIG):
    """Return overrides that shrink a row."""
    cfg = load_config(str(config))
    # MMagic's backbones have a stride of 32.
    crop = 64 if 'backbone' in cfg.model.get('generator', ()) else 32
    values = {
        **_small_networks(cfg.model),
        **_small_data(cfg.train_dataloader.dataset, crop, split_file),
        'train_dataloader.num_workers': workers,
        'train_dataloader.persistent_workers': workers > 0,
        'train_cfg.max_iters': iterations,
        'train_cfg.val_interval': 100,
        'param_scheduler.0.begin': 2,
        'param_scheduler.0.end': 8,
        'default_hooks.logger.interval': 1,
        'default_hooks.visualization.interval': 100,  # no pictures
        'default_hooks.visualization.at_least': 0,
        'env_cfg.mp_cfg.mp_start_method': 'fork',
    }
    for stage in ('val', 'test'):
        values[f'{stage}_dataloader.num_workers'] = 0
    # Else it would end with each run, of those that are resumed too.
    for number in range(1, len(cfg.param_scheduler)):
        values[f'param_scheduler.{number}.begin'] = 1_000
        values[f'param_scheduler.{number}.end'] = 2_000
    if cfg.val_dataloader.dataset.get('sequences'):
        if 'exclude' in cfg.train_dataloader.dataset:
            values['train_dataloader.dataset.exclude'] = ['GOPR0000_00_00']
        values['val_dataloader.dataset.sequences'] = ['GOPR0000_00_00']
        values['val_dataloader.dataset.indices'] = 1
    return values


def _small_networks(model):
    if 'generator' not in model:  # a motion network alone
        return {'model.motion_network.channels': [4, 8, 8], 'model.margin': 4}
    if 'backbone' in model.generator:  # MMagic's
        return {
            'model.generator.backbone': 'FPNMobileNet',
            'model.generator.num_filter': 4,
            'model.generator.num_filter_fpn': 8,
            'model.warmup_iters': 2,
        }
    if 'channels' in model.generator:  # the recipe's U-Net
        return {
            'model.generator.channels': [4, 8],
            'model.generator.blocks': [1, 1],
            'model.generator.up_blocks': [1],
            'model.reblur_generator.margin': 4,
        }
    values = {
        'model.generator.base_channels': 4,
        'model.generator.num_blocks': 1,
    }
    if 'reblur_generator' in model:
        return values | {'model.reblur_generator.margin': 4}
    values['model.discriminator.base_channels'] = 4
    if 'pool_size' in model:
        values['model.pool_size'] = 2
    return values


def _small_data(dataset, crop, split_file, path='train_dataloader.dataset'):
    values = {}
    for number, part in enumerate(dataset.get('datasets', ())):
        where = f'{path}.datasets.{number}'
        values |= _small_data(part, crop, split_file, where)
    steps = dataset.get('pipeline', ())
    steps = steps if isinstance(steps, dict) else dict(enumerate(steps))
    if 'crop_size' in dataset:
        values[f'{path}.crop_size'] = crop
    for name, step in steps.items():
        if step is not None and 'margin' in step:
            values[f'{path}.pipeline.{name}.margin'] = 4
    if 'split_file' in dataset:
        values[f'{path}.split_file'] = str(split_file)
    return values


def as_arguments(values):
    """Format overrides for the command line."""
    return [f'{key}={value}' for key, value in values.items()]


def make_checkpoint(path, seed=0, **changes):
    """Write what of a checkpoint of ASCycleGAN is needed to deblur."""
    config = dict(
        base_channels=2, num_blocks=1, sft=False, dropout=0, norm=False
    )
    torch.manual_seed(seed)
    generator = ResNetV2SFTGenerator(**config)
    for weight in generator.parameters():  # else it changes next to nothing
        torch.nn.init.normal_(weight, std=0.1)
    arguments = ', '.join(f'{key}={value}' for key, value in config.items())
    checkpoint = {
        'state_dict': {
            f'generators.sharp.{name}': value
            for name, value in generator.state_dict().items()
        },
        'meta': {
            'cfg': f'model = dict(generator=dict({arguments}, '
            "type='mmasgan.generators.ResNetV2SFTGenerator'))",
            'experiment_name': 'tiny_20000101_000000',
            'iter': 7,
            'mmengine_version': '0.10.7' + 'a' * 40,
        },
        **changes,
    }
    torch.save(checkpoint, path)
    return generator.eval()
