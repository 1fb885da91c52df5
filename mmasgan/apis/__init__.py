"""What scripts and other programs call."""

from .config import config_parser, enable_amp, load_config, parsed_config

__all__ = ['config_parser', 'enable_amp', 'load_config', 'parsed_config']
