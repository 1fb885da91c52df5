# The recipe of ascyclegan_plus_gopro.py, small, on a data set that is made on
# first use from photographs inside scikit-image: no download.
from mmagic.datasets.transforms import Flip
from mmengine.config import read_base

from mmasgan.datasets import prepare_sample_dataset

with read_base():
    from .ascyclegan_plus_small_gopro import *

sample = dict(data_root='data/sample', prepare=prepare_sample_dataset)
train_dataloader.dataset.update(
    **sample,
    split_file='work_dirs/sample_split.json',
    split_seed=1,  # two colour and two grey photographs a domain
    exclude=[],
)
made = ['img_sharp', 'img_synthetic']
train_pipeline = train_dataloader.dataset.pipeline
# A camera held by hand, and light that adds up before it is encoded.
train_pipeline[3].update(length=(0, 24), shake=(0, 1), gamma=2.2)
train_pipeline.insert(
    4, dict(type=Flip, keys=made, flip_ratio=0.5, direction='vertical')
)
# An image of each training photograph; test photographs choose nothing.
val_dataloader.dataset.update(
    **sample, sequences=None, indices=list(range(0, 48, 6))
)
test_dataloader.dataset.update(sample)

train_cfg.update(max_iters=4_000, val_interval=500)
param_scheduler[1].update(end=4_000)
