# Not in the paper: a recipe for deblurring without any pair, docs/results.md.
# Blur made of the sharp images teaches, alone: the paper's own losses, added
# to it, pulled a small network back to doing nothing.
from mmagic.datasets.transforms import (
    ColorJitter,
    Crop,
    Flip,
    RandomBlur,
    RandomResizedCrop,
    RandomRotation,
)
from mmengine.config import read_base
from mmengine.hooks import EMAHook
from mmengine.optim import CosineAnnealingLR, LinearLR

from mmasgan.engine import BFloat16OptimWrapper, Muon

with read_base():
    from .ablation.ascyclegan_synthetic_gopro import *

model.generator.update(sft=False)

# Sequences of one recording, whose pairs validate and which train nothing.
validation = ['GOPR0868_11_01', 'GOPR0868_11_02']
train_dataloader.update(batch_size=8)
# All sharp images: the blurred ones teach nothing, so no pair is seen.
train_dataloader.dataset.update(
    split='shuffled', split_file=None, exclude=validation
)
# A few sequences show few directions, scales and colours: what is trained on
# them alone damages images in others.
train_pipeline = train_dataloader.dataset.pipeline
train_pipeline[1].update(crop_size=594)
train_pipeline[2].update(crop_size=256)
train_pipeline[3:3] = [
    dict(type=RandomRotation, keys=['img_sharp'], degrees=180),
    # The largest square that lies within, however it was turned.
    dict(
        type=Crop,
        keys=['img_sharp'],
        crop_size=(420, 420),
        random_crop=False,
    ),
    # From 1.4 times as large to 1.4 times as small.
    dict(
        type=RandomResizedCrop,
        keys=['img_sharp'],
        crop_size=296,  # MotionBlur leaves 256
        scale=(0.25, 1.0),
        ratio=(1.0, 1.0),
        interpolation='area',
    ),
    # What is soft in the truth is not to be sharpened.
    dict(
        type=RandomBlur,
        keys=['img_sharp'],
        params=dict(
            prob=0.15,
            kernel_size=[9],
            kernel_list=['iso'],
            kernel_prob=[1],
            sigma_x=[0.3, 1.5],
        ),
    ),
    dict(
        type=ColorJitter,
        keys=['img_sharp'],
        brightness=0.2,
        contrast=0.2,
        saturation=(0.5, 2.0),
        hue=0.25,
    ),
]
val_dataloader.dataset.update(
    subset='train',
    sequences=validation,
    indices=list(range(0, 200, 10)),
)

optim_wrapper.generators.update(
    type=BFloat16OptimWrapper,
    clip_grad=dict(max_norm=0.1),
)
optim_wrapper.generators.optimizer = dict(
    type=Muon, lr=6e-4, betas=(0.9, 0.99), nesterov=True
)
param_scheduler = [
    dict(type=LinearLR, start_factor=0.01, end=200, by_epoch=False),
    dict(
        type=CosineAnnealingLR,
        eta_min=0,
        begin=200,
        end=train_cfg.max_iters,
        by_epoch=False,
    ),
]
default_hooks.checkpoint.update(save_best='gain/PSNR')
custom_hooks.append(dict(type=EMAHook, momentum=0.002))
