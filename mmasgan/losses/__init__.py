"""Losses: one objective a class, its formula in ``functional``."""

from .gradient_penalty import GradientPenalty
from .identity_loss import IdentityLoss
from .lsgan_loss import LSGANLoss
from .normalized_pixel_loss import NormalizedPixelLoss
from .perceptual_cycle_loss import PerceptualCycleLoss
from .pixel_cycle_loss import PixelCycleLoss
from .ragan_ls_loss import RaGANLSLoss
from .vgg_features import VGGFeatures
from .wgan_loss import WGANLoss

__all__ = [
    'GradientPenalty',
    'IdentityLoss',
    'LSGANLoss',
    'NormalizedPixelLoss',
    'PerceptualCycleLoss',
    'PixelCycleLoss',
    'RaGANLSLoss',
    'VGGFeatures',
    'WGANLoss',
]
