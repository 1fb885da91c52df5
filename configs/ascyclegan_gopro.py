# AS-CycleGAN, ResNetv2 + SFT: the last row of the paper's unpaired models.
from mmengine.config import read_base

with read_base():
    from ._base_.gopro_test import *
    from ._base_.gopro_unpaired import *
    from ._base_.models import *
    from ._base_.runtime import *
    from ._base_.schedule import *
