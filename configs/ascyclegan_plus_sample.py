# A small version of ascyclegan_plus_gopro.py, on a data set that is created
# on first use from photographs in scikit-image, without a download.
from mmengine.config import read_base

from mmasgan.datasets import prepare_sample_dataset

with read_base():
    from .ascyclegan_plus_unet_small_gopro import *

sample = dict(data_root='data/sample', prepare=prepare_sample_dataset)
validation = ['astronaut', 'coins']  # excluded from training
train_dataloader.dataset.update(**sample, exclude=validation)
val_dataloader.dataset.update(**sample, sequences=validation, indices=None)
test_dataloader.dataset.update(sample)

train_cfg.update(max_iters=6_000, val_interval=1_000)
