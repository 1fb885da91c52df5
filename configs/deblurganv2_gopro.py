# DeblurGANv2 (Kupyn et al., ICCV 2019), based on MMagic's own editor.
from mmengine.config import read_base

with read_base():
    from ._base_.deblurganv2 import *
    from ._base_.gopro_paired import *
    from ._base_.gopro_test import *
    from ._base_.runtime import *
    from ._base_.schedule import *

optim_wrapper.generators.modules = 'generator'
optim_wrapper.discriminators.modules = 'discriminator'
