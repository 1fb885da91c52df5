"""Losses: one class per objective, with its formula in ``functional``."""

from .._moved import keep_old_names
from .gradient_penalty import GradientPenalty
from .l1_loss import IdentityLoss, L1Loss, PixelCycleLoss
from .log_l1_loss import LogL1Loss
from .lsgan_loss import LSGANLoss
from .normalized_pixel_loss import NormalizedPixelLoss
from .perceptual_loss import PerceptualCycleLoss, PerceptualLoss
from .ragan_ls_loss import RaGANLSLoss
from .wgan_loss import WGANLoss

__all__ = [
    'GradientPenalty',
    'IdentityLoss',
    'L1Loss',
    'LSGANLoss',
    'LogL1Loss',
    'NormalizedPixelLoss',
    'PerceptualCycleLoss',
    'PerceptualLoss',
    'PixelCycleLoss',
    'RaGANLSLoss',
    'WGANLoss',
]

keep_old_names(__name__)
