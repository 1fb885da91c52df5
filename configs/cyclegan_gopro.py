# CycleGAN (Zhu et al., ICCV 2017), with the same model class.
from mmengine.config import read_base

from mmasgan.losses import L1Loss, LSGANLoss

with read_base():
    from .ascyclegan_gopro import *

model.generator.update(block='v1', sft=False, dropout=0, global_residual=False)
model.adversarial_loss = dict(type=LSGANLoss)
model.gradient_penalty = None
model.cycle_loss = dict(type=L1Loss, loss_weight=10)
model.identity_loss.loss_weight = 5  # 0.5, relative to the cycle's 10
model.pool_size = 50  # CycleGAN, Sec. 4
