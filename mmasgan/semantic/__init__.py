"""Semantic maps: sources, storage and loading."""

from .._moved import keep_old_names
from .compute import compute_maps
from .disk_prior import DiskPrior
from .load_semantic import LoadSemantic
from .onnx_prior import OnnxPrior
from .overlay import overlay
from .prior import Prior
from .segformer_prior import SegFormerPrior
from .torchvision_prior import TorchvisionPrior

__all__ = [
    'DiskPrior',
    'LoadSemantic',
    'OnnxPrior',
    'Prior',
    'SegFormerPrior',
    'TorchvisionPrior',
    'compute_maps',
    'overlay',
]

keep_old_names(__name__)
