# The flagship made small, on a data set that is made on first use from
# photographs inside scikit-image: minutes on a CPU, no download.
from mmengine.config import read_base

from mmasgan.datasets import prepare_sample_dataset
from mmasgan.losses import PixelCycleLoss

with read_base():
    from .ascyclegan_gopro import *

model.update(
    generator=dict(base_channels=24, num_blocks=4),
    discriminator=dict(base_channels=24),
    # VGG's weights would be a download; without them pixels must pin colour.
    cycle_loss=dict(weights=None),
    pixel_cycle_loss=dict(type=PixelCycleLoss, loss_weight=10),
)

sample = dict(data_root='data/sample', prepare=prepare_sample_dataset)
train_dataloader.update(
    num_workers=0,
    persistent_workers=False,
    dataset=dict(
        **sample,
        split_file='work_dirs/sample_split.json',
        split_seed=1,  # two colour and two grey photographs a domain
    ),
)
train_dataloader.dataset.pipeline[1].update(crop_size=96)
val_dataloader.update(num_workers=0, dataset=sample)
test_dataloader.update(num_workers=0, dataset=sample)

train_cfg.update(max_iters=800, val_interval=400)
param_scheduler[0].update(begin=400, end=800)
default_hooks.update(logger=dict(interval=20), checkpoint=dict(interval=400))
custom_hooks[1].update(interval=dict(val=5, test=1))
