# Unpaired views of GoPro: sharp ones at random scales, blurred ones unscaled.
from mmagic.datasets.transforms import PackInputs

from mmasgan.datasets import (
    InfiniteEpochSampler,
    LoadRGBImage,
    RandomView,
    UnpairedGoProDataset,
)

train_dataloader = dict(
    batch_size=8,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type=InfiniteEpochSampler),
    dataset=dict(
        type=UnpairedGoProDataset,
        data_root='data/gopro',
        # ours: only the motion of a blurred image is used, not its content,
        # so both domains may use all sequences.
        split='shuffled',
        crop_size=256,
        pipeline=dict(
            load=dict(type=LoadRGBImage, keys=['img_blur', 'img_sharp']),
            sharp=dict(
                type=RandomView,
                keys=['img_sharp'],
                margin=20,  # of the re-blur
                scale=(0.5, 1.25),
                choices=2,
                defocus=0.3,
            ),
            blur=dict(type=RandomView, keys=['img_blur'], margin=20),
            pack=dict(
                type=PackInputs,
                keys=['img_blur', 'img_sharp'],
                meta_keys=[
                    'img_blur_path',
                    'img_blur_channel_order',
                    'img_sharp_path',
                    'img_sharp_channel_order',
                ],
            ),
        ),
        max_skipped=10,  # ours: skip damaged images
    ),
)
