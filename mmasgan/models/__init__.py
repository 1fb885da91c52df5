"""Models for the runner of MMEngine."""

from .. import compat  # noqa: F401  before MMagic
from .._moved import keep_old_names
from .as_cyclegan import ASCycleGAN
from .deblurgan import DeblurGAN
from .deblurganv2 import DeblurGANv2
from .motion_estimator import MotionEstimator

__all__ = [
    'ASCycleGAN',
    'DeblurGAN',
    'DeblurGANv2',
    'MotionEstimator',
]

keep_old_names(__name__)
