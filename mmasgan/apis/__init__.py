"""What scripts and other programs call."""

from .config import config_parser, enable_amp, load_config, parsed_config
from .deblur import Deblurred, deblur_files, deblur_image
from .pretrained import load_generator
from .publish import Published, publish_generator

__all__ = [
    'Deblurred',
    'Published',
    'config_parser',
    'deblur_files',
    'deblur_image',
    'enable_amp',
    'load_config',
    'load_generator',
    'parsed_config',
    'publish_generator',
]
