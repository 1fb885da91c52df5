# The flagship without instance norm and dropout in the generators.
from mmengine.config import read_base

with read_base():
    from ..ascyclegan_gopro import *

model.generator.update(norm=False, dropout=0)
