"""A small model and a batch as a data loader collates it."""

from pathlib import Path

import pytest
import torch
from mmengine.optim import OptimWrapper, OptimWrapperDict
from mmengine.registry import MODELS

import mmasgan.compat  # noqa: F401  before anything of MMagic


@pytest.fixture
def root():
    return Path(__file__).parents[2]


@pytest.fixture
def build_model():
    """Build the flagship at width 4, with any arguments changed."""

    def build(generator=None, discriminator=None, **changes):
        cfg = dict(
            type='mmasgan.ASCycleGAN',
            generator=dict(
                type='mmasgan.ResNetV2SFTGenerator',
                base_channels=4,
                num_blocks=1,
                dropout=0,
            )
            | (generator or {}),
            discriminator=dict(
                type='mmasgan.INPatchDiscriminator', base_channels=4
            )
            | (discriminator or {}),
            adversarial_loss=dict(type='mmasgan.RaGANLSLoss'),
            gradient_penalty=dict(type='mmasgan.GradientPenalty'),
            cycle_loss=dict(type='mmasgan.PixelCycleLoss', loss_weight=3),
            identity_loss=dict(type='mmasgan.IdentityLoss'),
            pool_size=2,
            data_preprocessor=dict(
                type='mmagic.DataPreprocessor',
                mean=[127.5] * 3,
                std=[127.5] * 3,
                output_channel_order='RGB',
                non_image_keys=['semantic_blur', 'semantic_sharp'],
                data_keys=[],
                stack_data_sample=False,
            ),
        )
        return MODELS.build(cfg | changes)

    return build


@pytest.fixture
def optimizers():
    """Build SGD wrappers, so that a step is the learning rate's multiple."""

    def build(model, gen_lr=0.1, disc_lr=0.1, **kwargs):
        def weights(name):  # of one network a direction, or of one alone
            part = getattr(model, name, None) or getattr(model, name[:-1])
            return part.parameters()

        wrappers = {
            name: OptimWrapper(torch.optim.SGD(weights(name), rate), **kwargs)
            for name, rate in (
                ('generators', gen_lr),
                ('discriminators', disc_lr),
            )
            if getattr(model, name, model) is not None
        }
        return OptimWrapperDict(**wrappers)

    return build


@pytest.fixture
def batch():
    """Make a batch of random images, RGB, as pseudo_collate returns it."""

    from mmagic.structures import DataSample

    def make(size=(32, 32), count=1, sharp=True, semantic=False):
        data = dict(inputs=[], data_samples=[])
        for index in range(count):
            domains = ['blur', 'sharp'] if sharp else ['blur']
            inputs = {
                f'img_{d}': torch.randint(0, 256, (3, *size)).byte()
                for d in domains
            }
            if semantic:
                inputs |= {
                    f'semantic_{d}': torch.rand(8, *size).softmax(0)
                    for d in domains
                }
            meta = {'name': f'scene-{index}'}
            for d in ('blur', 'sharp'):
                meta[f'img_{d}_path'] = f'{d}/{index}.png'
                meta[f'img_{d}_channel_order'] = 'rgb'
            data['inputs'].append(inputs)
            data['data_samples'].append(DataSample(metainfo=meta))
        return data

    return make
