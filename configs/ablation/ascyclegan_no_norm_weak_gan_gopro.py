# The flagship without instance norm and dropout in the generators, and with
# a low weight of the adversarial loss.
from mmengine.config import read_base

with read_base():
    from .ascyclegan_no_norm_gopro import *

model.adversarial_loss.update(loss_weight=0.01)
