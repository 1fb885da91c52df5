"""AS-CycleGAN, unpaired image deblurring, for MMagic and MMEngine.

Importing this package imports neither MMagic nor PyTorch.
"""

from .version import __version__

__all__ = ['__version__']
