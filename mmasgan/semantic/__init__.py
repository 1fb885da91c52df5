"""Semantic maps: where they come from, are kept, and how they are loaded."""

from .compute import compute_maps
from .disk_prior import DiskPrior
from .groups import OUTDOOR_GROUPS, ClassTable, class_table, class_tables
from .load_semantic import LoadSemantic
from .onnx_prior import OnnxPrior
from .overlay import legend, overlay
from .prior import Prior
from .segformer_prior import SegFormerPrior
from .store import MapError, MapStore
from .torchvision_prior import TorchvisionPrior

__all__ = [
    'OUTDOOR_GROUPS',
    'ClassTable',
    'DiskPrior',
    'LoadSemantic',
    'MapError',
    'MapStore',
    'OnnxPrior',
    'Prior',
    'SegFormerPrior',
    'TorchvisionPrior',
    'class_table',
    'class_tables',
    'compute_maps',
    'legend',
    'overlay',
]
