"""Photographs and videos through a model, whatever runs it.

Nothing here needs PyTorch: with an exported model it need not be installed.
"""

from .backend import Backend
from .onnx_backend import OnnxBackend
from .pixels import deblur_pixels
from .video import VIDEO_SUFFIXES, DeblurredVideo, deblur_video

__all__ = [
    'VIDEO_SUFFIXES',
    'Backend',
    'DeblurredVideo',
    'OnnxBackend',
    'deblur_pixels',
    'deblur_video',
]
