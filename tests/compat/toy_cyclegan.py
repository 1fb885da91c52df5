"""MMagic's own CycleGAN, small, with what it takes to train and score it."""

import numpy as np
import torch

SIZE = 16


def build(domains=('sharp', 'blur')):
    """Build the model; MMagic must be importable."""
    from mmagic.models.data_preprocessors import DataPreprocessor
    from mmagic.models.editors.cyclegan import CycleGAN

    normal = dict(type='normal', gain=0.02)
    return CycleGAN(
        generator=dict(
            type='ResnetGenerator',
            in_channels=3,
            out_channels=3,
            base_channels=4,
            norm_cfg=dict(type='IN'),
            use_dropout=False,
            num_blocks=1,
            padding_mode='reflect',
            init_cfg=normal,
        ),
        discriminator=dict(
            type='PatchDiscriminator',
            in_channels=3,
            base_channels=4,
            num_conv=1,
            norm_cfg=dict(type='IN'),
            init_cfg=normal,
        ),
        default_domain=domains[0],
        reachable_domains=list(domains),
        related_domains=list(domains),
        data_preprocessor=DataPreprocessor(
            mean=[127.5] * 3,
            std=[127.5] * 3,
            data_keys=['img_blur', 'img_sharp', 'gt_img'],
        ),
    )


def batch(*seeds):
    """Return what a data loader gives, two images for each seed."""
    from mmagic.datasets.transforms import PackInputs
    from mmengine.dataset import pseudo_collate

    images = [
        np.random.default_rng(seed).integers(
            0, 256, (2, 2, SIZE, SIZE, 3), dtype=np.uint8
        )
        for seed in seeds
    ]
    pack = PackInputs(
        keys=['img_blur', 'img_sharp'], data_keys=['gt_img'], meta_keys=[]
    )

    return pseudo_collate(
        [
            pack(dict(img_blur=blur, img_sharp=sharp, gt_img=sharp.copy()))
            for blur, sharp in np.concatenate(images)
        ]
    )


def optimizers(model):
    """Return one SGD for the generators, one for the discriminators."""
    from mmengine.optim import OptimWrapper, OptimWrapperDict

    return OptimWrapperDict(
        **{
            part: OptimWrapper(
                torch.optim.SGD(getattr(model, part).parameters(), lr=0.01)
            )
            for part in ('generators', 'discriminators')
        }
    )


def score(model):
    """Score one batch by MMagic's PSNR, SSIM and MAE."""
    from mmagic.evaluation import MAE, PSNR, SSIM, Evaluator

    evaluator = Evaluator([PSNR(), SSIM(), MAE()])
    evaluator.prepare_metrics(model, _Loader)
    data = batch(0)
    evaluator.process(model.val_step(data), data, evaluator.metrics)
    return evaluator.evaluate()


class _Loader:
    dataset = range(2)
