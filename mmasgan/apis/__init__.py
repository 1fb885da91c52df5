"""What scripts and other programs call."""

from .. import compat  # noqa: F401  before anything of MMagic
from .ascyclegan_inferencer import ASCycleGANInferencer
from .config import config_parser, enable_amp, load_config, parsed_config
from .deblurring import Deblurred, deblur_files, deblur_image
from .exporting import Exported, export_generator
from .one_call import deblur
from .pretrained import load_generator
from .publish import Published, publish_generator
from .torch_backend import TorchBackend

__all__ = [
    'ASCycleGANInferencer',
    'Deblurred',
    'Exported',
    'Published',
    'TorchBackend',
    'config_parser',
    'deblur',
    'deblur_files',
    'deblur_image',
    'enable_amp',
    'export_generator',
    'load_config',
    'load_generator',
    'parsed_config',
    'publish_generator',
]
