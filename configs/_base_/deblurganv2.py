from mmagic.models.data_preprocessors import DataPreprocessor
from mmagic.models.editors import (
    DeblurGanV2Discriminator,
    DeblurGanV2Generator,
)

from mmasgan.losses import (
    NormalizedPixelLoss,
    PerceptualLoss,
    RaGANLSLoss,
)
from mmasgan.models import DeblurGANv2

model = dict(
    type=DeblurGANv2,
    generator=dict(
        type=DeblurGanV2Generator,
        backbone='FPNInception',  # DeblurGANv2
        norm_layer='instance',  # DeblurGANv2's code
    ),
    discriminator=dict(
        type=DeblurGanV2Discriminator,
        backbone='DoubleGan',  # DeblurGANv2
        norm_layer='instance',  # DeblurGANv2's code
        d_layers=3,  # 70x70, DeblurGANv2
    ),
    adversarial_loss=dict(
        type=RaGANLSLoss,
        loss_weight=0.001,  # DeblurGANv2's code; the paper has 0.01
    ),
    content_loss=dict(
        type=PerceptualLoss,
        weights='torchvision',
        loss_weight=0.006,  # DeblurGANv2
    ),
    pixel_loss=dict(type=NormalizedPixelLoss, loss_weight=0.5),  # DeblurGANv2
    backbone_weights='timm',  # ImageNet, as DeblurGANv2
    warmup_iters=6_309,  # DeblurGANv2's 3 epochs of GoPro's 2103 pairs
    data_preprocessor=dict(
        type=DataPreprocessor,
        mean=[127.5] * 3,  # [0, 255] to [-1, 1]
        std=[127.5] * 3,
        output_channel_order='RGB',  # as VGG and Inception expect
        data_keys=[],
        stack_data_sample=False,
    ),
)
