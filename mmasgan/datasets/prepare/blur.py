"""Pairs from sharp photographs, with synthetic blur."""

import io
import os
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ...io.image.files import visible_files
from ...io.image.kinds import IMAGE_SUFFIXES
from ...io.image.reader import ImageReadError
from ...io.image.rgb import read_rgb_image
from ...utils.atomic_files import remove_leftovers, write_atomically
from ...utils.console import progress, shown_names
from ..camera_shake import path_margin
from ..transforms.motion_blur import MotionBlur
from .photos import (
    Photo,
    check_apart,
    encode_png,
    find_photos,
    load_photo,
    notes_of_skipped,
)
from .picture import draw_shake
from .recipe import BLUR_RECIPE, recipe_side
from .workspace import Workspace, fingerprint

__all__ = ['BlurReport', 'prepare_blur']

PICTURES = 'pictures'
MOTION = 'motion'


class BlurReport(NamedTuple):
    """Result of :func:`prepare_blur`."""

    root: Path  # `data_root` of the data sets
    num_photos: int
    num_pairs: int
    pictures: Path | None
    notes: tuple[str, ...]


class Pair(NamedTuple):
    """A pair to create.

    Attributes:
        photo: Source of the pair.
        mask: Path of the mask of a moving object, or None.
        place: Folder and number, such as ``name/000000``.
    """

    photo: Photo
    mask: Path | None
    place: str

    def state(self) -> list[str]:
        """Return the fingerprints of the sources."""
        key = self.photo.key
        states = [fingerprint(self.photo.source, key)]
        if self.mask is not None:
            states.append(fingerprint(self.mask, f'mask/{key}'))
        return states

    def output(self, domain: str) -> str:
        """Return the path of an image relative to the root."""
        folder, _, number = self.place.partition('/')
        return f'train/{folder}/{domain}/{number}.png'


def prepare_blur(
    sharp_dir: str | os.PathLike[str],
    out: str | os.PathLike[str],
    blur: MotionBlur | None = None,
    seed: int = 0,
    count: int = 1,
    masks: str | os.PathLike[str] | None = None,
    min_side: int | None = None,
    skip_unreadable: bool = False,
    draw: bool = False,
) -> BlurReport:
    """Blur whole photographs, as pairs in GoPro's layout.

    The arguments are the options of ``mmasgan prepare blur``; ``blur`` has
    the settings of the blur; its margin is ignored.

    Creates ``<out>/train/<photograph>/{blur,sharp}/<number>.png``, and the
    camera path of each pair, (T, 4), in ``<out>/motion``. Borders that depend
    on pixels outside of the photograph are cut off. A pair depends only on
    seed, photograph and number. After an interruption, another call
    continues.

    Raises:
        OSError: If a file cannot be read or written.
        ValueError: If photographs cannot be used.
    """
    folder, out = Path(sharp_dir), Path(out)
    check_apart([folder], out)
    min_side = recipe_side(BLUR_RECIPE) if min_side is None else min_side
    blur = blur or MotionBlur('sharp', 'blur', mask_key='mask')
    photos, notes = find_photos({'sharp': folder})
    pairs = _pairs(photos, None if masks is None else Path(masks), count)
    work = Workspace(
        out,
        {
            'made_by': 'mmasgan prepare blur',
            'seed': seed,
            'count': count,
            'blur': _settings(blur),
        },
        {state for pair in pairs for state in pair.state()},
    )
    if not work.is_finished:
        notes += _make_all(work, pairs, blur, seed, min_side, skip_unreadable)
        work.finish()
    made = [pair for pair in pairs if (out / pair.output('blur')).is_file()]
    if draw:
        _draw_all(out, made)
    return BlurReport(
        out,
        len({pair.photo for pair in made}),
        len(made),
        out / PICTURES if draw else None,
        notes,
    )


def _settings(blur: MotionBlur) -> dict[str, object]:
    """Return the settings of the blur, for JSON."""
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in sorted(vars(blur).items())
        if name not in ('key', 'out_key', 'mask_key', 'margin')
    }


def _pairs(
    photos: Sequence[Photo], masks: Path | None, count: int
) -> list[Pair]:
    by_stem = {} if masks is None else _masks(masks)
    pairs = []
    for photo in photos:
        stem = Path(photo.key.partition('/')[2]).with_suffix('').as_posix()
        name = Path(photo.output).stem
        pairs += [
            Pair(photo, by_stem.get(stem), f'{name}/{number:06}')
            for number in range(count)
        ]
    if masks is not None and not any(pair.mask for pair in pairs):
        raise ValueError(
            f"no mask in '{masks}' has the name of a photograph, such as "
            f"'{photos[0].source.stem}.png'"
        )
    return pairs


def _masks(folder: Path) -> dict[str, Path]:
    if not folder.is_dir():
        raise FileNotFoundError(f"'{folder}' is not a folder of masks")
    return {
        path.relative_to(folder).with_suffix('').as_posix(): path
        for path in sorted(visible_files(folder))
        if path.suffix.lower() in IMAGE_SUFFIXES
    }


def _make_all(
    work: Workspace,
    pairs: list[Pair],
    blur: MotionBlur,
    seed: int,
    min_side: int,
    skip_unreadable: bool,
) -> tuple[str, ...]:
    failures: dict[Photo, str] = {}
    kept: set[Path] = set()
    for pair in progress(pairs, 'Blurring photographs'):
        photo = pair.photo
        if photo in failures:
            continue
        state = pair.state()
        files = {work.part / pair.output(d) for d in ('blur', 'sharp')}
        files.add(work.part / MOTION / f'{pair.place}.npy')
        entry = work.journal.entries.get(pair.place)
        is_made = all(path.is_file() for path in files)
        if entry is None or entry['state'] != state or not is_made:
            try:
                _make(work.part, pair, blur, seed, min_side)
            except ImageReadError as error:
                failures[photo] = str(error)
                continue
            work.journal.add(pair.place, state=state)
        kept |= files
    texts = list(failures.values())
    notes = notes_of_skipped(texts, skip_unreadable)
    if not kept:
        raise ValueError(f'no photograph can be used:\n{shown_names(texts)}')
    for folder in ('train', MOTION):
        work.keep_only(work.part / folder, kept)
    return tuple(notes)


def _make(
    root: Path, pair: Pair, blur: MotionBlur, seed: int, min_side: int
) -> None:
    image = load_photo(pair.photo.source, None, min_side)
    key = f'{seed} {pair.place}'
    random = np.random.RandomState(zlib.crc32(key.encode()))
    shot = blur.shoot(image, random, _mask(pair, image))
    reached = [shot.path]
    if shot.object_path is not None:
        reached.append(shot.path + shot.object_path)
    height, width = image.shape[:2]
    try:
        margin = path_margin(np.concatenate(reached), height, width)
    except ValueError as error:
        raise ImageReadError(f"'{pair.photo.source}': {error}") from error
    if min(height, width) - 2 * margin < min_side:
        raise ImageReadError(
            f"'{pair.photo.source}' has {width}x{height} pixels, which is "
            f'too few for crops of {min_side} with a border of {margin} cut '
            'off; use shorter paths with --length'
        )
    inner = np.s_[margin : height - margin, margin : width - margin]
    content = io.BytesIO()
    np.save(content, shot.path)
    path = root / MOTION / f'{pair.place}.npy'
    write_atomically(path, content.getvalue())
    for domain, pixels in (('sharp', image), ('blur', shot.image)):
        data = encode_png(np.ascontiguousarray(pixels[inner]))
        write_atomically(root / pair.output(domain), data)


def _mask(pair: Pair, image: np.ndarray) -> np.ndarray | None:
    if pair.mask is None:
        return None
    mask = read_rgb_image(str(pair.mask))[..., 0]
    if mask.shape != image.shape[:2]:
        raise ImageReadError(
            f"the mask '{pair.mask}' has {mask.shape[1]}x{mask.shape[0]} "
            f'pixels, but its photograph {image.shape[1]}x{image.shape[0]}'
        )
    return mask.astype(np.float32) / 255


def _draw_all(root: Path, pairs: list[Pair]) -> None:
    remove_leftovers(root / PICTURES)
    todo = [
        pair
        for pair in pairs
        if not (root / PICTURES / f'{pair.place}.png').is_file()
    ]
    for pair in progress(todo, 'Drawing pairs'):
        sharp, blurred = (
            read_rgb_image(str(root / pair.output(domain)))
            for domain in ('sharp', 'blur')
        )
        path = np.load(root / MOTION / f'{pair.place}.npy')
        picture = encode_png(draw_shake(sharp, blurred, path))
        write_atomically(root / PICTURES / f'{pair.place}.png', picture)
