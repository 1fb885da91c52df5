# The network that estimates motion from blurred images, for the reblur
# generator of ascyclegan_plus_gopro.py. It trains on synthetic blur.
from mmagic.models.data_preprocessors import DataPreprocessor
from mmengine.config import read_base
from mmengine.hooks import EMAHook
from mmengine.optim import LinearLR

from mmasgan.engine import BFloat16OptimWrapper, FinalDecayLR, Muon
from mmasgan.layers import MotionNetwork
from mmasgan.models import MotionEstimator

with read_base():
    from ._base_.gopro_test import *
    from ._base_.gopro_views import *
    from ._base_.motion import *
    from ._base_.runtime import *
    from ._base_.schedule import *

model = dict(
    type=MotionEstimator,
    motion_network=dict(type=MotionNetwork),
    prior=motion_prior,
    margin=20,
    noise=3,
    channels_last=True,
    data_preprocessor=dict(
        type=DataPreprocessor,
        mean=[127.5] * 3,  # [0, 255] to [-1, 1]
        std=[127.5] * 3,
        output_channel_order='RGB',
        data_keys=[],
        stack_data_sample=False,
    ),
)
train_dataloader.dataset.pipeline.update(
    load=dict(keys=['img_sharp']),
    blur=None,  # left out
    pack=dict(
        keys=['img_sharp'],
        meta_keys=['img_sharp_path', 'img_sharp_channel_order'],
    ),
)
val_dataloader.dataset.update(
    subset='train',
    sequences=['GOPR0868_11_01', 'GOPR0868_11_02'],
    indices=list(range(0, 200, 20)),
)
optim_wrapper = dict(
    type=BFloat16OptimWrapper,
    optimizer=dict(type=Muon, lr=6e-4, betas=(0.9, 0.99), nesterov=True),
    clip_grad=dict(max_norm=1.0),
)
train_cfg.update(max_iters=20_000, val_interval=2_000)
param_scheduler = [
    dict(type=LinearLR, start_factor=0.01, end=200, by_epoch=False),
    dict(type=FinalDecayLR, portion=0.5, by_epoch=False),
]
default_hooks.update(ema=dict(type=EMAHook, momentum=0.002))
