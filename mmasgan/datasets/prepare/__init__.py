"""Make training data of what people have, for ``mmasgan prepare``."""

from .blur import prepare_blur
from .finish import Prepared
from .gopro import prepare_gopro
from .photos import prepare_photos
from .store import StoreReport, build_store
from .video import prepare_video

__all__ = [
    'Prepared',
    'StoreReport',
    'build_store',
    'prepare_blur',
    'prepare_gopro',
    'prepare_photos',
    'prepare_video',
]
