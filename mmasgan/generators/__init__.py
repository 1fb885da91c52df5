"""Generators."""

from .motion_reblur_generator import MotionReblurGenerator
from .pixel_unshuffle_unet import PixelUnshuffleUNet
from .resnetv2_sft_generator import ResNetV2SFTGenerator

__all__ = [
    'MotionReblurGenerator',
    'PixelUnshuffleUNet',
    'ResNetV2SFTGenerator',
]
