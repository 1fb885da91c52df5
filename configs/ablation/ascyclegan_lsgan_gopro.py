# The flagship with CycleGAN's adversarial loss.
from mmengine.config import read_base

from mmasgan.losses import LSGANLoss

with read_base():
    from ..ascyclegan_gopro import *

model.adversarial_loss = dict(type=LSGANLoss)
model.gradient_penalty = None
