from mmagic.datasets.transforms import Flip, PackInputs
from mmagic.evaluation import PSNR, SSIM, Evaluator
from mmengine.dataset import DefaultSampler

from mmasgan.datasets import (
    InfiniteEpochSampler,
    LoadRGBImage,
    PairedGoProDataset,
    RandomCrop,
    UnpairedGoProDataset,
)
from mmasgan.evaluation import CWSSIM, SSIMMatlab3D

train_pipeline = [
    dict(type=LoadRGBImage, keys=['img_blur', 'img_sharp']),
    # ours: the paper states no crop; DeblurGAN and CycleGAN take 256
    dict(type=RandomCrop, keys=['img_blur', 'img_sharp'], crop_size=256),
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
test_pipeline = [
    dict(type=LoadRGBImage, keys=['img_blur', 'img_sharp'], same_size=True),
    dict(
        type=PackInputs,
        keys=['img_blur', 'img_sharp'],
        meta_keys=[
            'name',
            'img_blur_path',
            'img_blur_channel_order',
            'img_sharp_path',
            'img_sharp_channel_order',
        ],
    ),
]

train_dataloader = dict(
    batch_size=1,  # CycleGAN; the paper's N = 60 is read as the pool's size
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type=InfiniteEpochSampler),
    dataset=dict(
        type=UnpairedGoProDataset,
        data_root='data/gopro',
        split='disjoint',
        split_file='work_dirs/gopro_split.json',
        pipeline=train_pipeline,
    ),
)
test_dataloader = dict(
    batch_size=1,  # images are deblurred at their own size
    num_workers=2,
    sampler=dict(type=DefaultSampler, shuffle=False),
    dataset=dict(
        type=PairedGoProDataset,
        data_root='data/gopro',
        test_mode=True,
        pipeline=test_pipeline,
    ),
)
val_dataloader = test_dataloader

# The metrics with prefix 'input' score the blurred input itself.
val_evaluator = dict(
    type=Evaluator,
    metrics=[
        dict(type=PSNR, pred_key='input_img', prefix='input'),
        dict(type=SSIM, pred_key='input_img', prefix='input'),
        dict(type=PSNR),
        dict(type=SSIM),
    ],
)
# ours: SSIM by the three conventions of the literature, docs/evaluation.md
test_evaluator = dict(
    type=Evaluator,
    metrics=[
        dict(type=PSNR, pred_key='input_img', prefix='input'),
        dict(type=SSIM, pred_key='input_img', prefix='input'),
        dict(type=SSIMMatlab3D, pred_key='input_img', prefix='input'),
        dict(type=CWSSIM, pred_key='input_img', prefix='input'),
        dict(type=PSNR),
        dict(type=SSIM),
        dict(type=SSIMMatlab3D),
        dict(type=CWSSIM),
    ],
)
