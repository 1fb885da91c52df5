# Not in the paper: the deblurring generator alone, on blur made from the sharp
# domain. No pair is seen, and of the blurred domain nothing.
from mmengine.config import read_base

from mmasgan.losses import PixelCycleLoss

with read_base():
    from .._base_.gopro_test import *
    from .._base_.gopro_unpaired_synthetic import *
    from .._base_.models import *
    from .._base_.runtime import *
    from .._base_.schedule import *

model.generator.update(norm=False, dropout=0)
model.update(
    adversarial_loss=None,
    gradient_penalty=None,
    cycle_loss=None,
    identity_loss=None,
    supervised_loss=dict(type=PixelCycleLoss, loss_weight=1),
)
model_wrapper_cfg.update(find_unused_parameters=True)  # the other networks
