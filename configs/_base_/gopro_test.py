from mmagic.datasets.transforms import PackInputs
from mmagic.evaluation import PSNR, SSIM, Evaluator
from mmengine.dataset import DefaultSampler

from mmasgan.datasets import LoadRGBImage, PairedGoProDataset
from mmasgan.evaluation import CWSSIM, SSIMMatlab3D

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

test_dataloader = dict(
    batch_size=1,  # images are deblurred at their original size
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
# ours: the three SSIMs of the literature, docs/evaluation.md
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
