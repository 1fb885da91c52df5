"""Detection of images of the same scene in both domains."""

from collections.abc import Mapping
from typing import NamedTuple

import cv2
import numpy as np

from ...utils.console import shown_names

__all__ = ['NearDuplicate', 'near_duplicates', 'perceptual_hash', 'refusal']

# Of 64 bits. In real 1280x720 frames, a blurred image and its ground truth
# differ by at most 6 bits, images of different scenes by at least 14, see
# docs/data.md.
MOST_BITS = 8


class NearDuplicate(NamedTuple):
    """Two images that look alike."""

    blur: str
    sharp: str
    bits: int  # that differ, of 64


def perceptual_hash(image: np.ndarray) -> str:
    """Compute the perceptual hash (pHash) of an image.

    It has one bit for each of the 8x8 lowest frequencies of the grey image at
    32x32 pixels: whether it is above their median. Scaling, compression,
    brightness and blur change few bits; flips, rotation and cropping change
    many.

    Args:
        image: RGB image, (H, W, 3), uint8.

    Returns:
        Hash of 64 bits, as 16 hexadecimal digits.
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
    """Compare the hashes, by name, of all blurred with all sharp images.

    Returns:
        Pairs of duplicates, the most similar first.
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
    """Return a message about duplicates."""
    lines = [
        f"'{pair.blur}' and '{pair.sharp}' ({pair.bits} of 64 bits differ)"
        for pair in found
    ]
    number = len(found)
    return (
        f'{number} pair{"s" * (number > 1)} of a blurred and a sharp image '
        f'look alike, so training would use pairs:\n{shown_names(lines)}'
    )


def _bits(hashes: list[str]) -> np.ndarray:
    content = np.frombuffer(bytes.fromhex(''.join(hashes)), np.uint8)
    return np.unpackbits(content.reshape(len(hashes), 8), axis=1)
