"""Data sets with GoPro's layout, transforms and samplers."""

from .._moved import keep_old_names
from ..io.image.rgb import read_rgb_image
from .infinite_epoch_sampler import InfiniteEpochSampler
from .mixed_dataset import MixedDataset
from .paired_gopro_dataset import PairedGoProDataset
from .sample_dataset import prepare_sample_dataset
from .transforms.load_rgb_image import LoadRGBImage
from .transforms.motion_blur import MotionBlur
from .transforms.random_crop import RandomCrop
from .transforms.random_view import RandomView
from .unpaired_gopro_dataset import UnpairedGoProDataset

__all__ = [
    'InfiniteEpochSampler',
    'LoadRGBImage',
    'MixedDataset',
    'MotionBlur',
    'PairedGoProDataset',
    'RandomCrop',
    'RandomView',
    'UnpairedGoProDataset',
    'prepare_sample_dataset',
    'read_rgb_image',
]

keep_old_names(__name__)
