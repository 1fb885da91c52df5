# ascyclegan_plus_small_gopro on photographs of one's own, a third wider.
from mmengine.config import read_base

with read_base():
    from mmasgan.configs.ascyclegan_plus_small_gopro import *

model.generator.update(base_channels=32)

train_dataloader.dataset.update(
    data_root='data/mine',
    split='disjoint',  # one folder is blurred, the other sharp
    split_file='data/mine/split.json',
    exclude=[],
)
train_dataloader.dataset.pipeline[0].update(store='data/mine/store')

# Photographs that train nothing, blurred: they have a truth.
pairs = dict(
    data_root='data/pairs', subset='train', sequences=None, indices=None
)
val_dataloader.dataset.update(pairs)
test_dataloader.dataset.update(pairs)
