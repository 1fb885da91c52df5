# DeblurGAN (Kupyn et al., CVPR 2018) on GoPro's pairs alone, "Wild".
from mmengine.config import read_base

with read_base():
    from ._base_.deblurgan import *
    from ._base_.gopro_paired import *
    from ._base_.gopro_test import *
    from ._base_.runtime import *
    from ._base_.schedule import *

optim_wrapper.generators.modules = 'generator'
optim_wrapper.discriminators.modules = 'discriminator'
