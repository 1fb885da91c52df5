# The recipe of ascyclegan_plus_gopro.py for a CPU, with the paper's generator.
from mmengine.config import read_base

from mmasgan.generators import ResNetV2SFTGenerator

with read_base():
    from .ascyclegan_plus_gopro import *

model.generator = dict(
    type=ResNetV2SFTGenerator,
    base_channels=24,
    num_blocks=6,
    sft=False,
    dropout=0,
    norm=False,
)
train_dataloader.update(num_workers=0, persistent_workers=False)
train_dataloader.dataset.update(
    crop_size=128, pipeline=dict(load=dict(cache_megabytes=1000))
)
val_dataloader.update(num_workers=0)
test_dataloader.update(num_workers=0)

train_cfg.update(max_iters=60_000, val_interval=4_000)
default_hooks.update(
    logger=dict(interval=200), checkpoint=dict(interval=2_000)
)
