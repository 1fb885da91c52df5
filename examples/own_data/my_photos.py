# ascyclegan_plus_unet_small_gopro on photographs of one's own, a little wider.
from mmengine.config import read_base

with read_base():
    from mmasgan.configs.ascyclegan_plus_unet_small_gopro import *

model.generator.update(channels=(88, 120, 152))

train_dataloader.dataset.update(
    data_root='data/mine',
    split='disjoint',  # one folder is blurred, the other sharp
    split_file='data/mine/split.json',
    exclude=[],
    store='data/mine/store',
)

# Photographs that train nothing, blurred: they have a truth.
pairs = dict(
    data_root='data/pairs', subset='train', sequences=None, indices=None
)
val_dataloader.dataset.update(pairs)
test_dataloader.dataset.update(pairs)
