# DeblurGAN on GoPro's pairs and synthetic blur of its sharp images, "Comb".
from mmengine.config import read_base

from mmasgan.datasets import MixedDataset

with read_base():
    from ._base_.gopro_synthetic import *
    from .deblurgan_wild_gopro import *

train_dataloader.dataset = dict(
    type=MixedDataset,
    data_root='data/gopro',
    ratio=[1, 2],  # GoPro : synthetic, DeblurGAN
    datasets=[train_dataloader.dataset, synthetic_dataset],
)
