# A smoke test: a small version of the paper's model and losses. It does not
# deblur after minutes of training; configs/ascyclegan_sample.py does.
from mmengine.config import read_base

from mmasgan.datasets import prepare_sample_dataset
from mmasgan.losses import L1Loss

with read_base():
    from .ascyclegan_gopro import *

model.update(
    generator=dict(base_channels=24, num_blocks=4),
    discriminator=dict(base_channels=24),
    # No download of VGG weights; the pixel loss determines colour instead.
    cycle_loss=dict(weights=None),
    pixel_cycle_loss=dict(type=L1Loss, loss_weight=10),
)

sample = dict(data_root='data/sample', prepare=prepare_sample_dataset)
train_dataloader.update(
    num_workers=0,
    persistent_workers=False,
    dataset=dict(
        **sample,
        split_file='work_dirs/sample_split.json',
        split_seed=1,  # two colour and two grey photographs per domain
        crop_size=96,
    ),
)
val_dataloader.update(num_workers=0, dataset=sample)
test_dataloader.update(num_workers=0, dataset=sample)

train_cfg.update(max_iters=800, val_interval=400)
default_hooks.update(logger=dict(interval=20), checkpoint=dict(interval=400))
default_hooks.update(visualization=dict(interval=dict(val=5, test=1)))
