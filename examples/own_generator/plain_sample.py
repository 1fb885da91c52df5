from plain import PlainGenerator
from mmengine.config import read_base

with read_base():
    from mmasgan.configs.ascyclegan_plus_sample import *

model.generator = dict(type=PlainGenerator, channels=24)
train_cfg.update(max_iters=2_000, val_interval=500)
