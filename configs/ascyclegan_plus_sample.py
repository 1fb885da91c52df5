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
# A camera held by hand, and light that adds up before it is encoded.
train_pipeline[8].update(length=(0, 24), shake=(0, 1), gamma=2.2)

train_cfg.update(max_iters=3_000, val_interval=500)
param_scheduler[1].update(end=3_000)
