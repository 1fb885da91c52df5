"""What scripts and other programs call."""

from .config import enable_amp, load_config

__all__ = ['enable_amp', 'load_config']
