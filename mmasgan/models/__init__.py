"""Models, trained and tested by MMagic's and MMEngine's runners."""

from .. import compat  # noqa: F401  before anything of MMagic
from .as_cyclegan import ASCycleGAN
from .image_pool import ImagePool

__all__ = ['ASCycleGAN', 'ImagePool']
