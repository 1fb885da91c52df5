"""GoPro, paired and unpaired, and what turns it into batches."""

from .image_reader import ImageReadError, UnusableImageError, read_rgb_image
from .image_store import ImageStore
from .infinite_epoch_sampler import InfiniteEpochSampler
from .mixed_dataset import MixedDataset
from .paired_gopro_dataset import PairedGoProDataset
from .sample_dataset import prepare_sample_dataset
from .transforms import LoadRGBImage, MotionBlur, RandomCrop
from .unpaired_gopro_dataset import UnpairedGoProDataset

__all__ = [
    'ImageReadError',
    'ImageStore',
    'InfiniteEpochSampler',
    'LoadRGBImage',
    'MixedDataset',
    'MotionBlur',
    'PairedGoProDataset',
    'RandomCrop',
    'UnpairedGoProDataset',
    'UnusableImageError',
    'prepare_sample_dataset',
    'read_rgb_image',
]
