"""Split of GoPro into the two domains of an unpaired training."""

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from logging import WARNING
from pathlib import Path

from mmengine.dist import is_main_process
from mmengine.logging import print_log

from ..utils.atomic_files import write_atomically
from .gopro_layout import GoProImage, GoProSubset
from .seeding import permutation

__all__ = [
    'GoProSplit',
    'obtain_split',
    'read_split',
    'split_images',
    'warn_of_unused',
    'write_split',
]

MODES = ('disjoint', 'shuffled')


@dataclass(frozen=True)
class GoProSplit:
    """The two domains of an unpaired run.

    Attributes:
        mode: ``disjoint`` or ``shuffled``.
        seed: Seed of the random halves; None in a file written by hand.
        subset: Name of the subset.
        blur: Sequences or images of the blurred domain, as paths relative to
            ``data_root``.
        sharp: Images of the sharp domain.
    """

    mode: str
    seed: int | None
    subset: str
    blur: tuple[str, ...]
    sharp: tuple[str, ...]


def obtain_split(
    subset: GoProSubset,
    mode: str,
    seed: int,
    split_file: str | os.PathLike[str] | None = None,
    variants: Sequence[str] = (),
) -> GoProSplit:
    """Read the split file, or draw a split and write it.

    With several processes, only the main process writes; the others draw the
    same split.

    Args:
        subset: Subset of the data.
        mode: ``disjoint`` or ``shuffled``.
        seed: Seed of the random halves.
        split_file: Path of the JSON file. None means no file.
        variants: Folders that every sequence must have for drawing a split. A
            file written by hand may contain sequences of one domain only.

    Raises:
        ValueError: If ``mode`` is unknown, the file has other settings, or no
            disjoint split can be drawn.
    """
    if mode not in MODES:
        raise ValueError(f'split must be one of {MODES}, got {mode!r}')
    path = None if split_file is None else Path(split_file)
    if path is not None and path.exists():
        split = read_split(path)
        _compare(path, split, (mode, seed, subset.subset))
        return split
    for variant in variants:
        subset.check(variant)
    split = _draw(subset, mode, seed)
    if path is not None and is_main_process():
        write_split(path, split)
    return split


def split_images(
    subset: GoProSubset, split: GoProSplit, blur_variant: str
) -> tuple[list[GoProImage], list[GoProImage]]:
    """List the images of both domains.

    Returns:
        Blurred and sharp images.

    Raises:
        ValueError: If an entry of the split does not exist, or a disjoint
            split has the same sequence (or file name, if sequences are
            unknown) in both domains.
    """
    blur = _resolve(subset, blur_variant, split.blur)
    sharp = _resolve(subset, 'sharp', split.sharp)
    if split.mode == 'disjoint':
        field = 'sequence' if subset.has_sequences else 'stem'
        both = {getattr(image, field) for image in blur} & {
            getattr(image, field) for image in sharp
        }
        if both:
            raise ValueError(
                f'the split leaks: {field} {min(both)!r} is in both domains '
                f'({len(both)} in total); remove it from one of the lists, or '
                "set split='shuffled'"
            )
    return blur, sharp


def read_split(path: Path) -> GoProSplit:
    """Read a split file.

    Raises:
        ValueError: If it is not a split file.
    """
    try:
        content = json.loads(path.read_text(encoding='utf-8-sig'))
        split = GoProSplit(
            content['mode'],
            content.get('seed'),
            content['subset'],
            _names(content['blur']),
            _names(content['sharp']),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(
            f"'{path}' is not a split file ({error!r}): expected JSON with "
            "'mode', 'subset' and the lists 'blur' and 'sharp'; correct it, "
            'or remove it to create a new one'
        ) from error
    return split


def write_split(path: Path, split: GoProSplit) -> None:
    """Write a split file atomically."""
    text = json.dumps(asdict(split), indent=2) + '\n'
    write_atomically(path, text.encode())


def _draw(subset: GoProSubset, mode: str, seed: int) -> GoProSplit:
    names = [f'{subset.subset}/{name}' for name in subset.sequences]
    if mode == 'shuffled':
        every = tuple(names)
        return GoProSplit(mode, seed, subset.subset, every, every)
    instead = (
        "set split='shuffled', or a split_file that lists the images of each "
        'domain'
    )
    if not subset.has_sequences:
        raise ValueError(
            f"split='disjoint' needs the sequence of each image, but the "
            f"files in '{subset.folder}' do not all have GoPro's prefix "
            f'(as in GOPR0372_07_00-000047.png); {instead}'
        )
    if len(names) < 2:
        raise ValueError(
            f"split='disjoint' needs at least two sequences, but "
            f"'{subset.folder}' has only {subset.sequences[0]!r}; {instead}"
        )
    order = permutation(len(names), seed)
    half = (len(names) + 1) // 2
    blur, sharp = (
        tuple(sorted(names[i] for i in part))
        for part in (order[:half], order[half:])
    )
    return GoProSplit(mode, seed, subset.subset, blur, sharp)


def _names(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(
        isinstance(name, str) for name in value
    ):
        raise TypeError(f'expected a list of names, got {value!r}')
    return tuple(value)


def _compare(
    path: Path, split: GoProSplit, requested: tuple[str, int, str]
) -> None:
    # A file written by hand may have no seed.
    seed = requested[1] if split.seed is None else split.seed
    for name, found, wanted in zip(
        ('split', 'split_seed', 'subset'),
        (split.mode, seed, split.subset),
        requested,
        strict=True,
    ):
        if found != wanted:
            raise ValueError(
                f"split file '{path}' was made for {name}={found!r}, not for "
                f'{name}={wanted!r}; change the argument, or use another '
                'split_file'
            )


def _resolve(
    subset: GoProSubset, variant: str, entries: Sequence[str]
) -> list[GoProImage]:
    start = f'{subset.subset}/'
    sequences = {f'{start}{name}': name for name in subset.sequences}
    images: dict[str, GoProImage] = {}
    named = [entry for entry in entries if entry not in sequences]
    if named:
        every = {image.path: image for image in subset.images(variant)}
        for entry in named:
            if entry not in every:
                raise ValueError(
                    f'the split has {entry!r} for {variant!r}, which is '
                    f"neither a sequence nor such an image in '{subset.root}';"
                    ' correct the split file, or remove it to create a new one'
                )
            images[entry] = every[entry]
    whole = [sequences[entry] for entry in entries if entry in sequences]
    if whole:
        images.update((i.path, i) for i in subset.images(variant, whole))
    if not images:
        raise ValueError(f'the split has no entry for {variant!r}')
    return [images[path] for path in sorted(images)]


def warn_of_unused(subset: GoProSubset, used: Iterable[GoProImage]) -> None:
    """Log the sequences that no domain uses."""
    unused = set(subset.sequences) - {image.sequence for image in used}
    if unused:
        print_log(
            f'{len(unused)} sequences are unused in the split, such as '
            f'{min(unused)!r}.',
            logger='current',
            level=WARNING,
        )
