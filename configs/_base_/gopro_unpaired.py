from mmagic.datasets.transforms import Flip, PackInputs

from mmasgan.datasets import (
    InfiniteEpochSampler,
    LoadRGBImage,
    RandomCrop,
    UnpairedGoProDataset,
)

train_pipeline = [
    dict(type=LoadRGBImage, keys=['img_blur', 'img_sharp']),
    dict(type=RandomCrop, keys=['img_blur', 'img_sharp']),
    dict(type=Flip, keys=['img_blur'], flip_ratio=0.5),
    dict(type=Flip, keys=['img_sharp'], flip_ratio=0.5),
    dict(
        type=PackInputs,
        keys=['img_blur', 'img_sharp'],
        meta_keys=[
            'img_blur_path',
            'img_blur_channel_order',
            'img_sharp_path',
            'img_sharp_channel_order',
        ],
    ),
]

train_dataloader = dict(
    batch_size=1,  # CycleGAN; the paper's N = 60 is the pool size
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type=InfiniteEpochSampler),
    dataset=dict(
        type=UnpairedGoProDataset,
        data_root='data/gopro',
        split='disjoint',
        split_file='work_dirs/gopro_split.json',
        # ours: the paper states no crop; DeblurGAN and CycleGAN take 256
        crop_size=256,
        pipeline=train_pipeline,
        max_skipped=10,  # ours: skip damaged images
    ),
)
