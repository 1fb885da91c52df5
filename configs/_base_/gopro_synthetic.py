from mmagic.datasets.transforms import Flip, PackInputs

from mmasgan.datasets import (
    LoadRGBImage,
    MotionBlur,
    PairedGoProDataset,
    RandomCrop,
)

# Pairs whose blur is made: ours, of GoPro's sharp images, where DeblurGAN
# blurs those of MS COCO.
synthetic_dataset = dict(
    type=PairedGoProDataset,
    data_root='data/gopro',
    subset='train',
    max_skipped=10,  # ours: a damaged image does not end a run
    pipeline=[
        dict(type=LoadRGBImage, keys=['img_sharp']),
        dict(type=RandomCrop, keys=['img_sharp'], crop_size=288),
        dict(
            type=MotionBlur,
            key='img_sharp',
            out_key='img_blur',
            margin=16,  # leaves 256
        ),
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
    ],
)
