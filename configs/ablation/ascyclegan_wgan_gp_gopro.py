# The flagship with the loss exactly as in the paper's Eq. (3) and (4).
from mmengine.config import read_base

from mmasgan.losses import WGANLoss

with read_base():
    from ..ascyclegan_gopro import *

model.adversarial_loss = dict(type=WGANLoss)
