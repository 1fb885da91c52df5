# AS-CycleGAN with post-activation blocks and without semantic maps.
from mmengine.config import read_base

with read_base():
    from .ascyclegan_gopro import *

model.generator.update(block='v1', sft=False)
