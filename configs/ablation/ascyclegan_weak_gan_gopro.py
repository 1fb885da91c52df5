# The flagship with little said by the discriminators: cycle and identity hold
# the images.
from mmengine.config import read_base

with read_base():
    from ..ascyclegan_gopro import *

model.adversarial_loss.update(loss_weight=0.01)
