# The recipe of ascyclegan_plus_gopro.py, small, on a data set that is made on
# first use from photographs inside scikit-image: no download.
from mmengine.config import read_base

from mmasgan.datasets import prepare_sample_dataset

with read_base():
    from .ascyclegan_plus_small_gopro import *

sample = dict(data_root='data/sample', prepare=prepare_sample_dataset)
validation = ['astronaut', 'coins']  # what is seen in training flatters
train_dataloader.dataset.update(**sample, exclude=validation)
val_dataloader.dataset.update(**sample, sequences=validation, indices=None)
test_dataloader.dataset.update(sample)

train_pipeline = train_dataloader.dataset.pipeline
train_pipeline[1].update(crop_size=256)
train_pipeline[4].update(crop_size=(181, 181))
# As the sample was blurred: a camera held by hand, a shutter that stays open,
# light that adds up before it is encoded, and no noise after that.
train_pipeline[8].update(
    length=(0, 24), shake=1, frames=(25, 41), gamma=2.2, noise=0
)

train_cfg.update(max_iters=6_000, val_interval=1_000)
param_scheduler[1].update(end=6_000)
