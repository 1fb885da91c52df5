# AS-CycleGAN without semantic maps.
from mmengine.config import read_base

with read_base():
    from .ascyclegan_gopro import *

model.generator.update(sft=False)
