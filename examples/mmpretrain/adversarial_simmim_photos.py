# A small AdversarialSimMIM on a folder of photographs, without labels.
_base_ = 'mmpretrain::_base_/default_runtime.py'

custom_imports = dict(
    imports=['adversarial_simmim'], allow_failed_imports=False
)

model = dict(
    type='AdversarialSimMIM',
    backbone=dict(
        type='SimMIMSwinTransformer',
        arch=dict(embed_dims=48, depths=[2, 2], num_heads=[3, 6]),
        img_size=96,
        stage_cfgs=dict(block_cfgs=dict(window_size=6)),
        out_indices=(1,),
    ),
    neck=dict(type='SimMIMLinearDecoder', in_channels=96, encoder_stride=8),
    head=dict(
        type='SimMIMHead',
        patch_size=4,
        loss=dict(type='PixelReconstructionLoss', criterion='L1', channel=3),
    ),
    # of mmasgan, without an import
    sft=dict(type='mmasgan.SFTLayer', channels=96, cond_channels=1),
    discriminator=dict(type='mmasgan.INPatchDiscriminator', base_channels=16),
    adversarial_loss=dict(type='mmasgan.RaGANLSLoss', loss_weight=0.01),
    data_preprocessor=dict(
        type='SelfSupDataPreprocessor',
        mean=[127.5] * 3,  # to [-1, 1], as the discriminator expects
        std=[127.5] * 3,
        to_rgb=True,
    ),
)

train_dataloader = dict(
    batch_size=8,
    num_workers=2,
    persistent_workers=True,
    collate_fn=dict(type='default_collate'),
    sampler=dict(type='InfiniteSampler', shuffle=True),
    dataset=dict(
        type='CustomDataset',
        data_root='data/photos',
        with_label=False,
        pipeline=[
            dict(type='LoadImageFromFile'),
            dict(
                type='RandomResizedCrop',
                scale=96,
                crop_ratio_range=(0.2, 1.0),
                backend='pillow',
            ),
            dict(type='RandomFlip', prob=0.5),
            dict(
                type='SimMIMMaskGenerator',
                input_size=96,
                mask_patch_size=16,
                model_patch_size=4,
                mask_ratio=0.5,
            ),
            dict(type='PackInputs'),
        ],
    ),
)
train_cfg = dict(type='IterBasedTrainLoop', max_iters=20_000)
optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(type='AdamW', lr=2e-4, betas=(0.5, 0.99)),
)
default_hooks = dict(
    logger=dict(interval=20), checkpoint=dict(by_epoch=False, interval=2_000)
)
log_processor = dict(by_epoch=False)
randomness = dict(seed=0)
