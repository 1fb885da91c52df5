"""Transforms of the data pipelines."""

from .load_rgb_image import LoadRGBImage
from .motion_blur import MotionBlur
from .random_crop import RandomCrop

__all__ = ['LoadRGBImage', 'MotionBlur', 'RandomCrop']
