from mmagic.datasets.transforms import Flip, PackInputs

from mmasgan.datasets import (
    LoadRGBImage,
    MotionBlur,
    PairedGoProDataset,
    RandomCrop,
)

# Pairs with synthetic blur. Ours: of GoPro's sharp images; DeblurGAN blurs
# images of MS COCO.
synthetic_dataset = dict(
    type=PairedGoProDataset,
    data_root='data/gopro',
    subset='train',
    max_skipped=10,  # ours: skip damaged images
    crop_size=256,  # DeblurGAN
    pipeline=[
        dict(type=LoadRGBImage, keys=['img_sharp']),
        dict(type=RandomCrop, keys=['img_sharp'], margin=16),
        dict(
            type=MotionBlur,
            key='img_sharp',
            out_key='img_blur',
            margin=16,
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
