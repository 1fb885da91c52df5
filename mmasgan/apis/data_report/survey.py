"""What there is in a data set: counted in full, measured on a sample."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from ...datasets import ImageReadError, read_rgb_image
from ...datasets.gopro_layout import GoProImage, GoProSubset
from ...datasets.gopro_split import GoProSplit, read_split, split_images
from ...datasets.prepare.duplicates import (
    NearDuplicate,
    near_duplicates,
    perceptual_hash,
)
from ...datasets.prepare.files import progress
from ...datasets.prepare.sharpness import gradient_ratio

__all__ = ['Folder', 'Sample', 'Survey', 'survey']

SUBSETS = ('train', 'test')


@dataclass(frozen=True)
class Folder:
    """A sequence of a subset.

    Attributes:
        subset: Name of the subset.
        name: Name of the sequence.
        num_blur: Number of blurred images.
        num_sharp: Number of sharp ones.
        used_blur: Number of those that the split takes; 0 in a test set.
        used_sharp: Same for the sharp domain.
        sizes: (width, height) of its images, the most frequent first.
        num_bytes: Size of all its files.
    """

    subset: str
    name: str
    num_blur: int
    num_sharp: int
    used_blur: int
    used_sharp: int
    sizes: tuple[tuple[int, int], ...]
    num_bytes: int


class Sample(NamedTuple):
    """An image that was measured.

    Attributes:
        name: Path relative to the root of the data.
        width: In pixels.
        height: In pixels.
        sharpness: See :func:`~mmasgan.datasets.prepare.sharpness.
            gradient_ratio`.
        look: See :func:`~mmasgan.datasets.prepare.duplicates.
            perceptual_hash`.
    """

    name: str
    width: int
    height: int
    sharpness: float
    look: str


@dataclass(frozen=True)
class Survey:
    """What there is.

    Attributes:
        root: Root of the data.
        split: The split, or None where none was written.
        folders: All sequences.
        samples: Images of ``blur`` and of ``sharp`` that were measured.
        alike: Near-duplicates among the samples of both domains; None where
            the split puts each scene into both on purpose.
        unreadable: What is wrong with images that cannot be read.
    """

    root: Path
    split: GoProSplit | None
    folders: tuple[Folder, ...]
    samples: dict[str, tuple[Sample, ...]]
    alike: tuple[NearDuplicate, ...] | None
    unreadable: tuple[str, ...]


def survey(
    root: Path, split_file: Path, blur_variant: str = 'blur', most: int = 150
) -> Survey:
    """Count all images, and measure some of each domain.

    One image is in memory at a time. Those measured are evenly spaced in
    the list of their domain, so that the same data give the same numbers.

    Args:
        root: Folder that holds ``train``, and ``test`` where there is one.
        split_file: The split; it need not exist.
        blur_variant: ``blur`` or ``blur_gamma``.
        most: How many images of each domain are measured at most.

    Raises:
        FileNotFoundError: If there are no such data.
        ValueError: If they have neither of GoPro's layouts, or the split
            does not fit them.
    """
    train = GoProSubset(root, 'train')
    split = read_split(split_file) if split_file.exists() else None
    if split is None:
        blur = _listed(train, blur_variant, train.sequences)
        sharp = _listed(train, 'sharp', train.sequences)
    else:
        blur, sharp = split_images(train, split, blur_variant)
    unreadable: dict[str, str] = {}
    used = {
        'blur': Counter(image.sequence for image in blur),
        'sharp': Counter(image.sequence for image in sharp),
    }
    folders: list[Folder] = []
    for subset in SUBSETS:
        if subset == 'train' or (root / subset).is_dir():
            data = GoProSubset(root, subset)
            chosen = used if subset == 'train' and split else {}
            folders += _folders(data, blur_variant, chosen, unreadable)
    samples = {
        domain: _measured(root, images, domain, most, unreadable)
        for domain, images in (('blur', blur), ('sharp', sharp))
    }
    alike = None
    if split is not None and split.mode == 'disjoint':
        looks = {
            domain: {sample.name: sample.look for sample in measured}
            for domain, measured in samples.items()
        }
        alike = tuple(near_duplicates(looks['blur'], looks['sharp']))
    return Survey(
        root,
        split,
        tuple(folders),
        samples,
        alike,
        tuple(unreadable.values()),
    )


def _folders(
    data: GoProSubset,
    blur_variant: str,
    used: dict[str, Counter[str]],
    unreadable: dict[str, str],
) -> list[Folder]:
    found = []
    for name in progress(data.sequences, f'Counting {data.subset}'):
        blur = _listed(data, blur_variant, [name])
        sharp = _listed(data, 'sharp', [name])
        sizes: Counter[tuple[int, int]] = Counter()
        num_bytes = 0
        for image in (*blur, *sharp):
            path = data.root / image.path
            num_bytes += path.stat().st_size
            try:
                with Image.open(path) as opened:
                    sizes[opened.size] += 1
            except Exception as error:  # Pillow raises many kinds
                unreadable[image.path] = f"'{path}' cannot be read: {error}"
        found.append(
            Folder(
                data.subset,
                name,
                len(blur),
                len(sharp),
                used.get('blur', Counter())[name],
                used.get('sharp', Counter())[name],
                tuple(size for size, _ in sizes.most_common()),
                num_bytes,
            )
        )
    return found


def _listed(
    data: GoProSubset, variant: str, sequences: Sequence[str]
) -> list[GoProImage]:
    images = []
    for name in sequences:
        try:
            images += data.images(variant, [name])
        except ValueError:  # a sequence may have one domain only
            continue
    return images


def _measured(
    root: Path,
    images: Sequence[GoProImage],
    domain: str,
    most: int,
    unreadable: dict[str, str],
) -> tuple[Sample, ...]:
    count = min(most, len(images))
    chosen = [images[i * len(images) // count] for i in range(count)]
    samples = []
    what = {'blur': 'blurred', 'sharp': 'sharp'}[domain]
    for image in progress(chosen, f'Measuring {what} images'):
        try:
            pixels = read_rgb_image(str(root / image.path))
        except ImageReadError as error:
            unreadable[image.path] = str(error)
            continue
        height, width = pixels.shape[:2]
        samples.append(
            Sample(
                image.path,
                width,
                height,
                gradient_ratio(pixels),
                perceptual_hash(pixels),
            )
        )
    return tuple(samples)
