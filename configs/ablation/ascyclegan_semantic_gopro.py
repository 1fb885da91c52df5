# The flagship with real semantic maps; docs/priors.md tells how to make them.
from mmengine.config import read_base

from mmasgan.priors import LoadSemantic

with read_base():
    from ..ascyclegan_gopro import *

both = ['img_blur', 'img_sharp']

train_pipeline = train_dataloader.dataset.pipeline
train_pipeline.insert(-1, dict(type=LoadSemantic, keys=both))
train_pipeline[-1].update(keys=[*both, 'semantic_blur', 'semantic_sharp'])

val_pipeline = val_dataloader.dataset.pipeline
val_pipeline.insert(-1, dict(type=LoadSemantic, keys=['img_blur']))
val_pipeline[-1].update(keys=[*both, 'semantic_blur'])

test_pipeline = test_dataloader.dataset.pipeline
test_pipeline.insert(-1, dict(type=LoadSemantic, keys=['img_blur']))
test_pipeline[-1].update(keys=[*both, 'semantic_blur'])
