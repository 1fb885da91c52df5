# The flagship without dropout.
from mmengine.config import read_base

with read_base():
    from ..ascyclegan_gopro import *

model.generator.dropout = 0
