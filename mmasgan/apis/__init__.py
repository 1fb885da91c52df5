"""Functions for scripts and other programs.

Names are imported on first use, so that ``inference`` runs exported models
without PyTorch.
"""

from typing import TYPE_CHECKING

from .. import compat  # noqa: F401  before MMagic
from .._moved import keep_old_names
from ..utils.late_names import give_late_names

if TYPE_CHECKING:
    from .ascyclegan_inferencer import ASCycleGANInferencer
    from .config import load_config
    from .deblurring import deblur_files, deblur_image
    from .exporting import export_generator
    from .inference.torch_backend import TorchBackend
    from .one_call import deblur
    from .pretrained import load_generator

__all__ = [
    'ASCycleGANInferencer',
    'TorchBackend',
    'deblur',
    'deblur_files',
    'deblur_image',
    'export_generator',
    'load_config',
    'load_generator',
]

keep_old_names(__name__)
give_late_names(
    __name__,
    {
        '.ascyclegan_inferencer': 'ASCycleGANInferencer',
        '.config': 'load_config',
        '.deblurring': 'deblur_files deblur_image',
        '.exporting': 'export_generator',
        '.inference.torch_backend': 'TorchBackend',
        '.one_call': 'deblur',
        '.pretrained': 'load_generator',
    },
)
