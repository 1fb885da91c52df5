"""Reading and writing of photographs with their metadata.

This package needs neither PyTorch nor MMagic.
"""

from ..._moved import keep_old_names

keep_old_names(__name__)
