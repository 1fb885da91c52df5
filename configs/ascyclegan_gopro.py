# The flagship: AS-CycleGAN with ResNetv2 blocks and SFT, as in the paper.
from mmengine.config import read_base

with read_base():
    from ._base_.gopro_test import *
    from ._base_.gopro_unpaired import *
    from ._base_.models import *
    from ._base_.runtime import *
    from ._base_.schedule import *
