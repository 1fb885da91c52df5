"""Models, trained and tested by MMagic's and MMEngine's runners."""

from .. import compat  # noqa: F401  before anything of MMagic
from .as_cyclegan import ASCycleGAN
from .deblurgan import DeblurGAN
from .image_pool import ImagePool
from .mended_deblurganv2 import MendedDeblurGanV2

__all__ = ['ASCycleGAN', 'DeblurGAN', 'ImagePool', 'MendedDeblurGanV2']
