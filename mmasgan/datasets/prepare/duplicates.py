"""Find images that show the same scene in both domains."""

from collections.abc import Mapping
from typing import NamedTuple

import cv2
import numpy as np

from ...utils.console import shown_names

__all__ = ['NearDuplicate', 'near_duplicates', 'perceptual_hash', 'refusal']

# Of 64 bits. On real frames of 1280x720, a blurred image and its own sharp
# truth differ by 6 at most, images of different scenes by 14 at least:
# docs/data.md.
MOST_BITS = 8


class NearDuplicate(NamedTuple):
    """Two images that look alike.

    Attributes:
        blur: Name of the blurred one.
        sharp: Name of the sharp one.
        bits: Number of bits of 64 in which their hashes differ.
    """

    blur: str
    sharp: str
    bits: int


def perceptual_hash(image: np.ndarray) -> str:
    """Hash what an image shows, at a size at which blur does not show.

    The signs of the 8x8 lowest frequencies about their median, of the grey
    image at 32x32 (pHash). Scaling, compression, brightness and blur change
    few bits; mirroring, rotation and cropping change many.

    Args:
        image: RGB image, (H, W, 3), uint8.

    Returns:
        64 bits, as 16 hexadecimal digits.
    """
    gray = cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_RGB2GRAY)
    small = cv2.resize(gray, (32, 32), interpolation=cv2.INTER_AREA)
    waves = cv2.dct(small.astype(np.float32))[:8, :8]
    return np.packbits(waves > np.median(waves)).tobytes().hex()


def near_duplicates(
    blur: Mapping[str, str],
    sharp: Mapping[str, str],
    most_bits: int = MOST_BITS,
) -> list[NearDuplicate]:
    """Compare each blurred image with each sharp one.

    Args:
        blur: Hash by name, see :func:`perceptual_hash`.
        sharp: Images of the sharp domain.
        most_bits: Hashes that differ by no more are those of duplicates.

    Returns:
        The pairs, the most alike first.
    """
    if not blur or not sharp:
        return []
    blur_names, sharp_names = list(blur), list(sharp)
    columns = _bits(list(sharp.values()))
    found = []
    for row, name in zip(_bits(list(blur.values())), blur_names, strict=True):
        distances = np.count_nonzero(columns != row, axis=1)
        found += [
            NearDuplicate(name, sharp_names[i], int(distances[i]))
            for i in np.flatnonzero(distances <= most_bits)
        ]
    return sorted(found, key=lambda pair: (pair.bits, pair.blur, pair.sharp))


def refusal(found: list[NearDuplicate]) -> str:
    """Return what to tell of duplicates.

    Args:
        found: At least one pair.
    """
    lines = [
        f"'{pair.blur}' and '{pair.sharp}' ({pair.bits} of 64 bits differ)"
        for pair in found
    ]
    number = len(found)
    return (
        f'{number} pair{"s" * (number > 1)} of a blurred and a sharp image '
        f'look alike, so that training would see pairs:\n{shown_names(lines)}'
    )


def _bits(hashes: list[str]) -> np.ndarray:
    content = np.frombuffer(bytes.fromhex(''.join(hashes)), np.uint8)
    return np.unpackbits(content.reshape(len(hashes), 8), axis=1)
