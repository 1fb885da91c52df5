# What there is to reach: the network and schedule of
# ascyclegan_plus_small_gopro.py taught by real pairs in place of made blur.
from mmagic.datasets.transforms import CopyValues
from mmengine.config import read_base

from mmasgan.datasets import PairedGoProDataset

with read_base():
    from ..ascyclegan_plus_small_gopro import *

train_pipeline = train_dataloader.dataset.pipeline
train_pipeline[1].update(crop_size=182, together=True)
train_pipeline[3].update(keys=train_pipeline[1]['keys'])
train_pipeline[4].update(keys=train_pipeline[1]['keys'], crop_size=(128, 128))
# MMagic's other transforms draw anew for each image of a pair.
train_pipeline[5:9] = [
    dict(
        type=CopyValues,
        src_keys=['img_blur', 'img_blur_channel_order'],
        dst_keys=['img_synthetic', 'img_synthetic_channel_order'],
    )
]
del train_pipeline[2]
train_dataloader.dataset = dict(
    type=PairedGoProDataset,
    data_root='data/gopro',
    subset='train',
    pipeline=train_pipeline,
    max_skipped=10,  # ours: a damaged image does not end a run
)
