# The flagship without identity loss.
from mmengine.config import read_base

with read_base():
    from ..ascyclegan_gopro import *

model.identity_loss = None
