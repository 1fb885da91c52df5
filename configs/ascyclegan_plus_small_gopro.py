# The recipe of ascyclegan_plus_gopro.py for a CPU: under an hour on two cores.
from mmengine.config import read_base

with read_base():
    from .ascyclegan_plus_gopro import *

model.generator.update(base_channels=24, num_blocks=6)
model.discriminator.update(base_channels=8)  # no loss asks for one

train_dataloader.update(batch_size=4, num_workers=0, persistent_workers=False)
train_pipeline = train_dataloader.dataset.pipeline
train_pipeline[1].update(crop_size=476)
train_pipeline[2].update(crop_size=128)
train_pipeline[4].update(crop_size=(336, 336))
# From 1.4 times as large to half as large; MotionBlur leaves 128.
train_pipeline[5].update(crop_size=168, scale=(0.13, 1.0))
val_dataloader.update(num_workers=0)
test_dataloader.update(num_workers=0)

train_cfg.update(max_iters=18_000, val_interval=2_000)
param_scheduler[1].update(end=18_000)
default_hooks.update(
    logger=dict(interval=200), checkpoint=dict(interval=2_000)
)
