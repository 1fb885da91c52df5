"""Inference on photographs and videos with any backend.

Only ``torch_backend`` and ``torch_fallback`` need PyTorch.
"""

from ..._moved import keep_old_names
from .onnx_backend import OnnxBackend
from .pixels import deblur_pixels
from .video import deblur_video

__all__ = ['OnnxBackend', 'deblur_pixels', 'deblur_video']

keep_old_names(__name__)
