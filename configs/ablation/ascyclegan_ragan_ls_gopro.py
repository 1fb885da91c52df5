# The flagship without gradient penalty.
from mmengine.config import read_base

with read_base():
    from ..ascyclegan_gopro import *

model.gradient_penalty = None
