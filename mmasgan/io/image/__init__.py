"""Photographs as files: read with all that must be kept, and written again.

Nothing here needs PyTorch or MMagic.
"""

from ..._moved import keep_old_names

keep_old_names(__name__)
