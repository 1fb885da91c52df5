from mmagic.models.data_preprocessors import DataPreprocessor

from mmasgan.discriminators import INPatchDiscriminator
from mmasgan.generators import ResNetV2SFTGenerator
from mmasgan.losses import (
    GradientPenalty,
    IdentityLoss,
    PerceptualLoss,
    RaGANLSLoss,
)
from mmasgan.models import ASCycleGAN

model = dict(
    type=ASCycleGAN,
    generator=dict(
        type=ResNetV2SFTGenerator,
        base_channels=64,  # CycleGAN
        num_blocks=9,  # paper, Sec. 2.2
        block='v2',  # paper, Sec. 2.2
        sft=True,  # paper, Sec. 2.2
        num_classes=8,  # SFTGAN
        dropout=0.5,  # DeblurGAN; the paper does not give the rate
        global_residual=True,  # paper, Fig. 2
    ),
    discriminator=dict(type=INPatchDiscriminator, base_channels=64),
    adversarial_loss=dict(type=RaGANLSLoss),  # paper, Sec. 2.3
    gradient_penalty=dict(type=GradientPenalty, weight=10),  # WGAN-GP
    cycle_loss=dict(
        type=PerceptualLoss,
        weights='torchvision',
        loss_weight=10,  # paper, Eq. (1)
    ),
    identity_loss=dict(type=IdentityLoss, loss_weight=0.5),  # paper, Eq. (1)
    pool_size=60,  # paper, N = 60
    channels_last=True,  # ours: faster memory layout
    data_preprocessor=dict(
        type=DataPreprocessor,
        mean=[127.5] * 3,  # [0, 255] to [-1, 1]
        std=[127.5] * 3,
        output_channel_order='RGB',  # as VGG expects
        non_image_keys=['semantic_blur', 'semantic_sharp'],
        data_keys=[],
        stack_data_sample=False,
    ),
)
