from mmagic.datasets.transforms import Flip, PackInputs

from mmasgan.datasets import (
    InfiniteEpochSampler,
    LoadRGBImage,
    PairedGoProDataset,
    RandomCrop,
)

train_pipeline = [
    dict(type=LoadRGBImage, keys=['img_blur', 'img_sharp'], same_size=True),
    dict(type=RandomCrop, keys=['img_blur', 'img_sharp'], together=True),
    dict(type=Flip, keys=['img_blur', 'img_sharp'], flip_ratio=0.5),
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
    batch_size=1,  # DeblurGAN, DeblurGANv2
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type=InfiniteEpochSampler),
    dataset=dict(
        type=PairedGoProDataset,
        data_root='data/gopro',
        subset='train',
        crop_size=256,  # DeblurGAN, DeblurGANv2
        pipeline=train_pipeline,
        max_skipped=10,  # ours: skip damaged images
    ),
)
