from mmagic.models.data_preprocessors import DataPreprocessor

from mmasgan.discriminators import INPatchDiscriminator
from mmasgan.generators import ResNetV2SFTGenerator
from mmasgan.losses import GradientPenalty, PerceptualLoss, WGANLoss
from mmasgan.models import DeblurGAN

model = dict(
    type=DeblurGAN,
    generator=dict(
        type=ResNetV2SFTGenerator,
        base_channels=64,  # DeblurGAN's code
        num_blocks=9,  # DeblurGAN
        block='v1',
        sft=False,
        dropout=0.5,  # DeblurGAN
        global_residual=True,  # DeblurGAN
        clamp='always',  # DeblurGAN's code
    ),
    discriminator=dict(type=INPatchDiscriminator, base_channels=64),
    adversarial_loss=dict(type=WGANLoss),  # DeblurGAN
    gradient_penalty=dict(type=GradientPenalty, weight=10),  # WGAN-GP
    content_loss=dict(
        type=PerceptualLoss,
        weights='torchvision',
        loss_weight=100,  # DeblurGAN
        use_input_norm=False,  # DeblurGAN's code
    ),
    discriminator_steps=5,  # DeblurGAN
    data_preprocessor=dict(
        type=DataPreprocessor,
        mean=[127.5] * 3,  # [0, 255] to [-1, 1]
        std=[127.5] * 3,
        output_channel_order='RGB',  # as VGG expects
        data_keys=[],
        stack_data_sample=False,
    ),
)
