"""Last steps of every preparation: check for leaks, split, store."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...io.image.rgb import read_rgb_image
from ...utils.console import progress
from ..gopro_layout import GoProSubset
from ..gopro_split import GoProSplit, read_split, split_images
from ..image_store import ImageStore
from .duplicates import near_duplicates, perceptual_hash, refusal
from .store import build_store

__all__ = [
    'Prepared',
    'fill_store',
    'find_leaks',
    'listed',
    'looks_of',
    'ready',
]

STORE = 'store'
SPLIT_FILE = 'split.json'


@dataclass(frozen=True)
class Prepared:
    """Prepared data."""

    root: Path  # `data_root` of the data sets
    split_file: Path
    store: Path | None
    num_blur: int
    num_sharp: int
    notes: tuple[str, ...] = ()


def listed(
    root: Path, split: GoProSplit, blur_variant: str = 'blur'
) -> tuple[list[str], list[str]]:
    """List the images of a split.

    Returns:
        Blurred and sharp images, as paths relative to ``root``.

    Raises:
        ValueError: If the split does not match the data, or leaks.
    """
    subset = GoProSubset(root, split.subset)
    blur, sharp = split_images(subset, split, blur_variant)
    return [image.path for image in blur], [image.path for image in sharp]


def fill_store(
    root: Path, names: Sequence[str], folder: Path
) -> tuple[str, ...]:
    """Build the store, and return notes on repaired images."""
    report = build_store(root, names, folder)
    return tuple(
        f"'{name}' was damaged or outdated in the store, and was repaired"
        for name in report.repaired
    )


def looks_of(
    root: Path, names: Sequence[str], store: Path | None
) -> dict[str, str]:
    """Compute the perceptual hashes of images."""
    read = read_rgb_image if store is None else ImageStore(store).read
    return {
        name: perceptual_hash(read(os.path.join(root, name)))
        for name in progress(names, 'Looking for duplicates')
    }


def find_leaks(
    blur: Mapping[str, str], sharp: Mapping[str, str], allow: bool
) -> tuple[str, ...]:
    """Refuse data with the same scene in both domains, or return a note.

    Raises:
        ValueError: If there are near-duplicates and ``allow`` is False.
    """
    found = near_duplicates(blur, sharp)
    if not found:
        return ()
    text = refusal(found)
    if not allow:
        raise ValueError(
            f'{text}\nRemove one of each pair and run the command again, or '
            'add --allow-duplicates.'
        )
    return (text,)


def ready(root: Path, use_store: bool, notes: tuple[str, ...]) -> Prepared:
    """Finish data with a split: count the images and build the store."""
    split_file = root / SPLIT_FILE
    blur, sharp = listed(root, read_split(split_file))
    store = root / STORE if use_store else None
    if store is not None:
        notes += fill_store(root, blur + sharp, store)
    return Prepared(root, split_file, store, len(blur), len(sharp), notes)
