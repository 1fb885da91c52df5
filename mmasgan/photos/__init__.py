"""Photographs as files: read with all that must be kept, and written again.

Nothing here needs PyTorch or MMagic.
"""

from .encoder import PHOTO_SUFFIXES, encode_photo
from .photo import Photo
from .reader import ImageReadError, UnusableImageError, read_photo

__all__ = [
    'PHOTO_SUFFIXES',
    'ImageReadError',
    'Photo',
    'UnusableImageError',
    'encode_photo',
    'read_photo',
]
