"""Preparation of two folders of photographs."""

import os
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path

import cv2
import numpy as np

from ...io.image.files import shown_others, visible_files
from ...io.image.kinds import IMAGE_SUFFIXES
from ...io.image.photo import ImageWarning
from ...io.image.reader import ImageReadError
from ...io.image.rgb import read_rgb_image
from ...utils.atomic_files import write_atomically
from ...utils.console import progress, shown_names
from ..gopro_split import GoProSplit, write_split
from .duplicates import perceptual_hash
from .finish import SPLIT_FILE, Prepared, find_leaks, listed, ready
from .recipe import recipe_side
from .workspace import Workspace, fingerprint, safe_name

__all__ = [
    'Photo',
    'check_apart',
    'encode_png',
    'find_photos',
    'load_photo',
    'notes_of_skipped',
    'prepare_photos',
]

SEQUENCES = {'blur': 'photos_blur', 'sharp': 'photos_sharp'}


@dataclass(frozen=True)
class Photo:
    """A photograph to convert.

    Attributes:
        source: Path of the file.
        key: Domain and path relative to the folder of the domain.
        output: Path of the result relative to the root of the data set.
    """

    source: Path
    key: str
    output: str


def prepare_photos(
    blur_dir: str | os.PathLike[str],
    sharp_dir: str | os.PathLike[str],
    out: str | os.PathLike[str],
    max_side: int | None = None,
    min_side: int | None = None,
    skip_unreadable: bool = False,
    allow_duplicates: bool = False,
    use_store: bool = True,
) -> Prepared:
    """Convert two folders to the layout of the data sets.

    The arguments are the options of ``mmasgan prepare photos``.

    Photographs are converted to upright 8-bit RGB PNG in
    ``<out>/train/{photos_blur/blur,photos_sharp/sharp}``, with a split file.
    After an interruption, another call continues.

    Raises:
        OSError: If a file cannot be read or written.
        ValueError: If photographs cannot be used, or show the same scene in
            both domains.
    """
    folders = {'blur': Path(blur_dir), 'sharp': Path(sharp_dir)}
    out = Path(out)
    check_apart(list(folders.values()), out)
    min_side = recipe_side() if min_side is None else min_side
    photos, notes = find_photos(folders)
    work = Workspace(
        out,
        {'made_by': 'mmasgan prepare photos', 'max_side': max_side},
        [fingerprint(photo.source, photo.key) for photo in photos],
    )
    if not work.is_finished:
        notes += _convert_all(
            work, photos, max_side, min_side, skip_unreadable
        )
        notes += _check_leaks(work, photos, allow_duplicates)
        split = GoProSplit(
            'disjoint',
            None,
            'train',
            (f'train/{SEQUENCES["blur"]}',),
            (f'train/{SEQUENCES["sharp"]}',),
        )
        write_split(work.part / SPLIT_FILE, split)
        listed(work.part, split)
        work.finish()
    return ready(out, use_store, notes)


def encode_png(image: np.ndarray) -> bytes:
    """Encode an image as PNG.

    Args:
        image: RGB image, (H, W, 3), uint8.
    """
    _, data = cv2.imencode('.png', cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    return data.tobytes()


def check_apart(folders: Sequence[Path], out: Path) -> None:
    """Check that the folders exist, and that none is inside another.

    Raises:
        FileNotFoundError: If a folder does not exist.
        ValueError: If one of them, or the result, is inside of another.
    """
    outer = [folder.resolve() for folder in folders]
    for folder in folders:
        if not folder.is_dir():
            raise FileNotFoundError(
                f"'{folder}' is not a folder; use a folder of photographs"
            )
    for one, other in permutations((*outer, out.resolve()), 2):
        if other in outer and one.is_relative_to(other):
            raise ValueError(
                f"'{one}' is inside of '{other}'; photographs of each kind, "
                'and the result, need separate folders'
            )


def find_photos(
    folders: dict[str, Path],
) -> tuple[list[Photo], tuple[str, ...]]:
    """List the photographs of some folders and their subfolders.

    Returns:
        Photographs, sorted by domain and path, and notes on skipped files.

    Raises:
        OSError: If a folder cannot be listed.
        ValueError: If a folder has none.
    """
    photos: list[Photo] = []
    others: list[Path] = []
    for domain, folder in folders.items():
        before = len(photos)
        for path in sorted(visible_files(folder)):
            inner = path.relative_to(folder)
            if path.suffix.lower() not in IMAGE_SUFFIXES:
                others.append(path)
                continue
            name = inner.as_posix()
            output = f'train/{SEQUENCES[domain]}/{domain}/{safe_name(name)}'
            photos.append(Photo(path, f'{domain}/{name}', f'{output}.png'))
        if len(photos) == before:
            raise ValueError(
                f"no photograph in '{folder}'; expected files that end in "
                f'{", ".join(IMAGE_SUFFIXES)}'
            )
    if not others:
        return photos, ()
    return photos, (shown_others(others),)


def _convert_all(
    work: Workspace,
    photos: list[Photo],
    max_side: int | None,
    min_side: int,
    skip_unreadable: bool,
) -> tuple[str, ...]:
    failures, notes = [], []
    made = set()
    for photo in progress(photos, 'Converting photographs'):
        state = fingerprint(photo.source, photo.key)
        target = work.part / photo.output
        entry = work.journal.entries.get(photo.key)
        if entry is None or entry['state'] != state or not target.is_file():
            try:
                with warnings.catch_warnings(record=True) as caught:
                    warnings.simplefilter('always', ImageWarning)
                    image = load_photo(photo.source, max_side, min_side)
                notes += [str(warning.message) for warning in caught]
            except ImageReadError as error:
                failures.append(str(error))
                continue
            write_atomically(target, encode_png(image))
            look = perceptual_hash(image)
            work.journal.add(photo.key, state=state, look=look)
        made.add(target)
    notes += notes_of_skipped(failures, skip_unreadable)
    work.keep_only(work.part / 'train', made)
    return tuple(notes)


def notes_of_skipped(
    failures: Sequence[str], skip_unreadable: bool
) -> list[str]:
    """Return notes on photographs that are skipped.

    Raises:
        ValueError: If there are any, but they must not be skipped.
    """
    if failures and not skip_unreadable:
        raise ValueError(
            f'{len(failures)} photographs cannot be used:\n'
            f'{shown_names(failures, 40)}\n'
            'Replace or remove them and run the command again, or add '
            '--skip-unreadable to skip them.'
        )
    return [f'skipped: {failure}' for failure in failures]


def load_photo(
    source: Path, max_side: int | None, min_side: int
) -> np.ndarray:
    """Read a photograph, and scale it down if needed.

    Args:
        source: Path of the file.
        max_side: Longer side to which larger photographs are scaled down, or
            None.
        min_side: Smallest allowed shorter side, in pixels.

    Returns:
        RGB image, (H, W, 3), uint8.

    Raises:
        ImageReadError: If it cannot be read, or is too small.
    """
    image = read_rgb_image(str(source))
    height, width = image.shape[:2]
    if max_side is not None and max(height, width) > max_side:
        scale = max_side / max(height, width)
        width, height = round(width * scale), round(height * scale)
        image = cv2.resize(
            image, (width, height), interpolation=cv2.INTER_AREA
        )
    if min(height, width) < min_side:
        raise ImageReadError(
            f"'{source}' gives {width}x{height} pixels, too few for crops of "
            f'{min_side}'
        )
    return image


def _check_leaks(
    work: Workspace, photos: list[Photo], allow: bool
) -> tuple[str, ...]:
    looks: dict[str, dict[str, str]] = {'blur': {}, 'sharp': {}}
    for photo in photos:
        if (work.part / photo.output).is_file():
            domain = photo.key.partition('/')[0]
            look = work.journal.entries[photo.key]['look']
            looks[domain][str(photo.source)] = look
    return find_leaks(looks['blur'], looks['sharp'], allow)
