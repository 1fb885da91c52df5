# motion_gopro.py for a CPU: trains in half an hour on one core.
from mmengine.config import read_base
from mmengine.optim import LinearLR

from mmasgan.engine import FinalDecayLR

with read_base():
    from .motion_gopro import *

train_dataloader.update(num_workers=0, persistent_workers=False)
train_dataloader.dataset.update(
    crop_size=128, pipeline=dict(load=dict(cache_megabytes=1000))
)
val_dataloader.update(num_workers=0)
test_dataloader.update(num_workers=0)

train_cfg.update(max_iters=5_000, val_interval=1_250)
param_scheduler = [
    dict(type=LinearLR, start_factor=0.01, end=200, by_epoch=False),
    dict(type=FinalDecayLR, portion=0.4, by_epoch=False),
]
default_hooks.update(
    logger=dict(interval=100), checkpoint=dict(interval=1_250)
)
