"""Models, trained and tested by MMagic's and MMEngine's runners."""

from .. import compat  # noqa: F401  before anything of MMagic
from .._moved import keep_old_names
from .as_cyclegan import ASCycleGAN
from .deblurgan import DeblurGAN
from .mended_deblurganv2 import MendedDeblurGanV2
from .motion_estimator import MotionEstimator

__all__ = [
    'ASCycleGAN',
    'DeblurGAN',
    'MendedDeblurGanV2',
    'MotionEstimator',
]

keep_old_names(__name__)
