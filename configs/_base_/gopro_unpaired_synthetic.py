from mmengine.config import read_base

from mmasgan.datasets import MotionBlur, RandomCrop

with read_base():
    from .gopro_unpaired import *

train_pipeline = train_dataloader.dataset.pipeline
train_pipeline[1].update(crop_size=296)
train_pipeline.insert(
    2, dict(type=RandomCrop, keys=['img_blur'], crop_size=256)
)
train_pipeline.insert(
    3,
    dict(
        type=MotionBlur,
        key='img_sharp',
        out_key='img_synthetic',
        # ours: GoPro's blur is nearly straight, as kernels estimated from
        # pairs of a training sequence show
        length=(0, 45),
        shake=(0, 0.3),
        object_probability=0.3,
        # GoPro averages the noise of its frames away and what is left is not
        # the noise of the sharp frame, blurred.
        noise=(0, 4),
        margin=20,  # leaves 256
    ),
)
train_pipeline[5].update(keys=['img_sharp', 'img_synthetic'])
train_pipeline[6]['keys'].append('img_synthetic')
train_pipeline[6]['meta_keys'].append('img_synthetic_channel_order')
