# The flagship with real semantic maps, see docs/priors.md.
from mmengine.config import read_base

from mmasgan.semantic import LoadSemantic

with read_base():
    from ..ascyclegan_gopro import *

train_dataloader.dataset.semantic = dict(
    type=LoadSemantic, keys=['img_blur', 'img_sharp']
)
val_dataloader.dataset.semantic = dict(type=LoadSemantic, keys=['img_blur'])
test_dataloader.dataset.semantic = dict(type=LoadSemantic, keys=['img_blur'])
