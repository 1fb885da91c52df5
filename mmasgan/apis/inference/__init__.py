"""Photographs and videos through a model, whatever runs it.

Nothing here needs PyTorch but ``torch_backend`` and ``torch_fallback``: with
an exported model it need not be installed.
"""

from ..._moved import keep_old_names
from .onnx_backend import OnnxBackend
from .pixels import deblur_pixels
from .video import deblur_video

__all__ = ['OnnxBackend', 'deblur_pixels', 'deblur_video']

keep_old_names(__name__)
