"""AS-CycleGAN, unpaired image deblurring, for MMagic and MMEngine.

Importing this package imports neither MMagic nor PyTorch.
"""

from . import _moved

__all__ = ['__version__']

__version__ = '0.1.0'

_moved.find_moved_modules()
