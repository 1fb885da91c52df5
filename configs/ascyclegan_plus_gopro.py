# Not in the paper: a recipe for deblurring without any pair, docs/results.md.
# Blur made of the sharp images teaches, alone: whether the paper's own losses
# would add to it has not been measured.
from mmagic.datasets.transforms import ColorJitter, Flip, RandomResizedCrop
from mmengine.config import read_base
from mmengine.hooks import EMAHook
from mmengine.optim import CosineAnnealingLR, LinearLR

from mmasgan.engine import BFloat16OptimWrapper, ChannelsLastHook

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
# A few sequences show few colours and scales: what is trained on them alone
# damages images in others.
train_pipeline = train_dataloader.dataset.pipeline
train_pipeline[1].update(crop_size=592)
train_pipeline[3:3] = [
    dict(
        type=RandomResizedCrop,
        keys=['img_sharp'],
        crop_size=296,  # MotionBlur leaves 256
        scale=(0.25, 1.0),
        ratio=(1.0, 1.0),
        interpolation='area',
    ),
    dict(
        type=ColorJitter,
        keys=['img_sharp'],
        brightness=0.4,
        contrast=0.4,
        saturation=(0.0, 3.0),
        hue=0.5,
    ),
]
train_pipeline.insert(
    6,
    dict(
        type=Flip,
        keys=['img_sharp', 'img_synthetic'],
        flip_ratio=0.5,
        direction='vertical',
    ),
)
val_dataloader.dataset.update(
    subset='train',
    sequences=validation,
    indices=list(range(0, 200, 10)),
)

optim_wrapper.generators.update(
    type=BFloat16OptimWrapper,
    clip_grad=dict(max_norm=0.1),
)
optim_wrapper.generators.optimizer.update(lr=6e-4, betas=(0.9, 0.99))
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
custom_hooks += [
    dict(type=ChannelsLastHook),
    dict(type=EMAHook, momentum=0.002),
]
