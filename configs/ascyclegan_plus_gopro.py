# The recommended recipe, docs/results.md: AS-CycleGAN with a reblur generator
# conditioned on motion. It trains on the loop sharp -> blurred -> sharp. Half
# of the motions are estimated from blurred images, which are not paired.
from mmengine.config import read_base
from mmengine.hooks import EMAHook
from mmengine.optim import LinearLR

from mmasgan.engine import BFloat16OptimWrapper, FinalDecayLR, Muon
from mmasgan.generators import MotionReblurGenerator, PixelUnshuffleUNet
from mmasgan.layers import MotionNetwork
from mmasgan.losses import L1Loss

with read_base():
    from ._base_.gopro_test import *
    from ._base_.gopro_views import *
    from ._base_.models import *
    from ._base_.motion import *
    from ._base_.runtime import *
    from ._base_.schedule import *

model.generator = dict(
    type=PixelUnshuffleUNet,
    channels=(128, 192, 256),
    blocks=(4, 4, 6),
    up_blocks=(4, 4),
)
# ours: as in CycleGAN. LogL1Loss is better for continuing a training, but at
# the start of one it teaches the generator to change nothing.
model.cycle_loss = dict(type=L1Loss)
model.update(
    reblur_generator=dict(
        type=MotionReblurGenerator,
        motion_network=dict(type=MotionNetwork, weights='motion_small_gopro'),
        prior=motion_prior,
        transfer=0.5,
        margin=20,
        noise=3,
        highlights=1.4,
    ),
    loops=['reblur'],
    # Losses of the paper that the recipe does not use, docs/trials.md.
    discriminator=None,
    adversarial_loss=None,
    gradient_penalty=None,
    identity_loss=None,
)

# Sequences of one recording, used for validation only.
validation = ['GOPR0868_11_01', 'GOPR0868_11_02']
train_dataloader.dataset.update(exclude=validation)
val_dataloader.dataset.update(
    subset='train',
    sequences=validation,
    indices=list(range(0, 200, 10)),
)

optim_wrapper.generators = dict(
    type=BFloat16OptimWrapper,
    optimizer=dict(type=Muon, lr=6e-4, betas=(0.9, 0.99), nesterov=True),
    clip_grad=dict(max_norm=0.1),
)
del optim_wrapper['discriminators']
# Constant, then decay over the last fifth: trainings can be cut or extended.
param_scheduler = [
    dict(type=LinearLR, start_factor=0.01, end=200, by_epoch=False),
    dict(type=FinalDecayLR, portion=0.2, by_epoch=False),
]
default_hooks.checkpoint.update(save_best='gain/PSNR')
default_hooks.update(ema=dict(type=EMAHook, momentum=0.0005))
