"""Residual blocks, SFT layers and motion networks."""

from .._moved import keep_old_names
from .camera_motion_prior import CameraMotionPrior
from .condition_network import ConditionNetwork
from .motion_network import MotionNetwork
from .residual import PreActResidualBlock, ResidualBlock
from .sft import SFTLayer

__all__ = [
    'CameraMotionPrior',
    'ConditionNetwork',
    'MotionNetwork',
    'PreActResidualBlock',
    'ResidualBlock',
    'SFTLayer',
]

keep_old_names(__name__)
