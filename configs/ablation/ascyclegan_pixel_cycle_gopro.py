# The flagship with CycleGAN's cycle loss instead of the perceptual one.
from mmengine.config import read_base

from mmasgan.losses import L1Loss

with read_base():
    from ..ascyclegan_gopro import *

model.cycle_loss = dict(type=L1Loss, loss_weight=10)
