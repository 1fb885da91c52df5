# ascyclegan_plus_small_gopro.py with a U-Net, which gains twice as much in the
# same time on a CPU and is not slower: docs/results.md.
from mmengine.config import read_base

from mmasgan.generators import PixelUnshuffleUNet

with read_base():
    from .ascyclegan_plus_small_gopro import *

model.generator = dict(
    type=PixelUnshuffleUNet,
    channels=(80, 112, 144),
    blocks=(4, 3, 3),
    up_blocks=(4, 3),
)
