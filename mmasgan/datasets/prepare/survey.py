"""Statistics of a data set."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ...io.image.reader import ImageReadError, photo_size
from ...io.image.rgb import read_rgb_image
from ...utils.console import progress
from ..gopro_layout import GoProImage, GoProSubset
from ..gopro_split import GoProSplit, read_split, split_images
from .duplicates import NearDuplicate, near_duplicates, perceptual_hash
from .finish import SPLIT_FILE
from .sharpness import gradient_ratio

__all__ = ['Sample', 'Survey', 'separation', 'survey']

DOMAINS = ('blur', 'sharp')


class Sample(NamedTuple):
    """A measured image.

    Attributes:
        name: Path relative to the root of the data.
        pixels: Number of pixels.
        sharpness: Sharpness, see :func:`gradient_ratio`.
        look: Perceptual hash, see :func:`perceptual_hash`.
    """

    name: str
    pixels: int
    sharpness: float
    look: str


@dataclass
class Survey:
    """Statistics of a data set.

    Attributes:
        split: Split, or None if there is no split file.
        images: Number of images by domain and sequence, ``subset/name``.
        used: Number of images in the split, by domain and sequence.
        sizes: Number of images of each (width, height), by sequence.
        num_bytes: Size of the files, by sequence.
        samples: Measured images of ``blur`` and of ``sharp``.
        alike: Near-duplicates among the samples of both domains; None if the
            split is not disjoint.
        unreadable: Problem of each unreadable image, by name.
    """

    split: GoProSplit | None
    images: dict[str, Counter[str]]
    used: dict[str, Counter[str]] = field(default_factory=dict)
    sizes: dict[str, Counter[tuple[int, int]]] = field(default_factory=dict)
    num_bytes: Counter[str] = field(default_factory=Counter)
    samples: dict[str, list[Sample]] = field(default_factory=dict)
    alike: list[NearDuplicate] | None = None
    unreadable: dict[str, str] = field(default_factory=dict)


def survey(root: Path, blur_variant: str = 'blur', most: int = 150) -> Survey:
    """Count all images, and measure some images of each domain.

    One image is in memory at a time. The measured images are evenly spaced in
    the list of their domain, so the same data give the same statistics.

    Raises:
        FileNotFoundError: If the data do not exist.
        ValueError: If they have neither of GoPro's layouts, or the split
            does not match them.
    """
    file = root / SPLIT_FILE
    split = read_split(file) if file.exists() else None
    found = Survey(split, {domain: Counter() for domain in DOMAINS})
    train = _count(GoProSubset(root, 'train'), blur_variant, found)
    if (root / 'test').is_dir():
        _count(GoProSubset(root, 'test'), blur_variant, found)
    if split is not None:
        subset = GoProSubset(root, split.subset)
        both = split_images(subset, split, blur_variant)
        train = dict(zip(DOMAINS, both, strict=True))
    for domain, images in train.items():
        taken = images if split else []
        found.used[domain] = Counter(f'train/{i.sequence}' for i in taken)
        found.samples[domain] = _measure(root, images, most, found.unreadable)
    if split is not None and split.mode == 'disjoint':
        blur, sharp = (
            {s.name: s.look for s in found.samples[d]} for d in DOMAINS
        )
        found.alike = near_duplicates(blur, sharp)
    return found


def separation(
    blur: Sequence[float], sharp: Sequence[float]
) -> tuple[float, float]:
    """Return how well sharpness separates the domains.

    Returns:
        Fraction of pairs in which the sharp image is sharper, and error rate
        of the best threshold, as a mean over both domains.
    """
    low, high = np.asarray(blur), np.asarray(sharp)
    above = high[:, None] > low
    equal = high[:, None] == low
    wrong = [
        (np.mean(low > limit) + np.mean(high <= limit)) / 2
        for limit in (*low, *high)
    ]
    return float(np.mean(above + 0.5 * equal)), float(min(wrong))


def _count(
    data: GoProSubset, blur_variant: str, found: Survey
) -> dict[str, list[GoProImage]]:
    """Count the images of a subset, and return them by domain."""
    every: dict[str, list[GoProImage]] = {domain: [] for domain in DOMAINS}
    for name in progress(data.sequences, f'Counting {data.subset}'):
        key = f'{data.subset}/{name}'
        sizes = found.sizes.setdefault(key, Counter())
        for domain in DOMAINS:
            variant = blur_variant if domain == 'blur' else domain
            try:
                images = data.images(variant, [name])
            except ValueError:  # a sequence may have one domain only
                continue
            every[domain] += images
            found.images[domain][key] = len(images)
            for image in images:
                path = data.root / image.path
                found.num_bytes[key] += path.stat().st_size
                try:
                    sizes[photo_size(path)] += 1
                except ImageReadError as error:
                    found.unreadable[image.path] = str(error)
    return every


def _measure(
    root: Path,
    images: Sequence[GoProImage],
    most: int,
    unreadable: dict[str, str],
) -> list[Sample]:
    count = min(most, len(images))
    chosen = [images[i * len(images) // count] for i in range(count)]
    samples = []
    for path in progress([i.path for i in chosen], 'Measuring images'):
        try:
            pixels = read_rgb_image(str(root / path))
        except ImageReadError as error:
            unreadable[path] = str(error)
            continue
        size = pixels.shape[0] * pixels.shape[1]
        look = perceptual_hash(pixels)
        samples.append(Sample(path, size, gradient_ratio(pixels), look))
    return samples
