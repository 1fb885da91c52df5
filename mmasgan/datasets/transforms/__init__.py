"""Transforms of the data pipelines."""

from .load_rgb_image import LoadRGBImage
from .random_crop import RandomCrop

__all__ = ['LoadRGBImage', 'RandomCrop']
