# The flagship with a low weight of the adversarial loss, so that the cycle and
# identity losses dominate.
from mmengine.config import read_base

with read_base():
    from ..ascyclegan_gopro import *

model.adversarial_loss.update(loss_weight=0.01)
