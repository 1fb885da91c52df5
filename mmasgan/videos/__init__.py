"""Videos, read and written one frame at a time, by PyAV."""

from .colours import Coding, coding_of, from_rgb, to_rgb
from .encoding import MUXERS, Encoding, choose_encoding
from .package import import_av
from .reader import VideoReader
from .upright import (
    Orientation,
    orientation_of,
    swaps_sides,
    turned_upright,
)
from .writer import Picture, VideoWriter

__all__ = [
    'MUXERS',
    'Coding',
    'Encoding',
    'Orientation',
    'Picture',
    'VideoReader',
    'VideoWriter',
    'choose_encoding',
    'coding_of',
    'from_rgb',
    'import_av',
    'orientation_of',
    'swaps_sides',
    'to_rgb',
    'turned_upright',
]
