"""Preparation of the published GoPro data set."""

import os
from pathlib import Path

from mmengine.logging import print_log

from ...utils.atomic_files import remove_leftovers
from ...utils.console import shown_names
from ...utils.hashing import check_sha256, file_sha256
from ..gopro_layout import GoProSubset
from ..gopro_split import GoProSplit, obtain_split, write_split
from .archive import unpack_gopro
from .download import download
from .files import refuse_link
from .finish import (
    SPLIT_FILE,
    STORE,
    Prepared,
    fill_store,
    find_leaks,
    listed,
    looks_of,
)
from .gopro_census import census

__all__ = ['prepare_gopro']

FOLDERS = ('', 'GOPRO_Large')


def prepare_gopro(
    path: str | os.PathLike[str],
    out: str | os.PathLike[str] = 'data/gopro',
    url: str | None = None,
    sha256: str | None = None,
    allow_partial: bool = False,
    blur_variant: str = 'blur',
    split: str = 'disjoint',
    split_seed: int = 0,
    use_store: bool = True,
    store: str | os.PathLike[str] | None = None,
) -> Prepared:
    """Unpack, check and split GoPro, and build its store.

    The arguments are the options of ``mmasgan prepare gopro``.

    After an interruption, another call continues. A folder is used in place.
    An archive is unpacked next to ``out``, and renamed when it is complete.

    Raises:
        OSError: If a file or the network fails, or the disk is full.
        ValueError: If the data are incomplete or not GoPro's.
    """
    path = Path(path)
    if url is not None:
        download(url, path)
    if sha256 is not None and path.is_file():
        check_sha256(path, sha256)
    elif url is not None:
        print_log(
            f"'{path}' has the SHA-256 {file_sha256(path)}, which was not "
            'verified; use --sha256 if the authors publish one',
            logger='current',
        )
    if path.is_dir():
        root = _root_of(path)
        problems = _checked(root, blur_variant, allow_partial)
    elif path.is_file():
        root = Path(out)
        problems = _unpacked(path, root, blur_variant, allow_partial)
    else:
        raise FileNotFoundError(
            f"'{path}' does not exist; use GoPro's archive (GOPRO_Large.zip) "
            'or the folder with its content, or add --download URL to '
            'download the archive'
        )
    notes = tuple(problems)
    chosen = obtain_split(
        GoProSubset(root, 'train'),
        split,
        split_seed,
        root / SPLIT_FILE if (root / SPLIT_FILE).exists() else None,
        variants=(blur_variant, 'sharp'),
    )
    blur, sharp = listed(root, chosen, blur_variant)
    notes += _unused(root, chosen)
    place = Path(store or root / STORE) if use_store else None
    if place is not None:
        notes += fill_store(root, blur + sharp, place)
    if chosen.mode == 'disjoint':  # else each scene is in both domains
        looks = looks_of(root, blur, place), looks_of(root, sharp, place)
        # GoPro's sequences are assumed to be different scenes.
        notes += find_leaks(*looks, allow=True)
    remove_leftovers(root)
    write_split(root / SPLIT_FILE, chosen)
    return Prepared(
        root, root / SPLIT_FILE, place, len(blur), len(sharp), notes
    )


def _root_of(folder: Path) -> Path:
    for name in FOLDERS:
        if any((folder / name / s).is_dir() for s in ('train', 'test')):
            return folder / name
    found = sorted(entry.name for entry in folder.iterdir())
    raise ValueError(
        f"'{folder}' contains neither 'train' and 'test' nor 'GOPRO_Large', "
        f'but {found[:5]}; use the folder that contains train and test'
    )


def _checked(root: Path, blur_variant: str, allow_partial: bool) -> list[str]:
    problems = census(root, blur_variant)
    if problems and not allow_partial:
        raise ValueError(
            f"'{root}' is not the complete GoPro data set (22 training "
            'sequences with 2103 pairs, 11 test sequences with 1111):\n'
            f'{shown_names(problems, 40)}\n'
            'Copy or download missing files and run the command again, or '
            'add --allow-partial to use the existing ones.'
        )
    return problems


def _unpacked(
    archive: Path, root: Path, blur_variant: str, allow_partial: bool
) -> list[str]:
    if root.is_dir() and any(root.iterdir()):
        # From an earlier run, or the user's own folder.
        if not any((root / s).is_dir() for s in ('train', 'test')):
            raise ValueError(
                f"'{root}' exists and is not GoPro; use another folder with "
                '--out, or move it away'
            )
        return _checked(root, blur_variant, allow_partial)
    part = root.with_name(f'{root.name}.part')
    refuse_link(part)
    unpack_gopro(archive, part)
    problems = _checked(part, blur_variant, allow_partial)
    os.rename(part, root)
    return problems


def _unused(root: Path, split: GoProSplit) -> tuple[str, ...]:
    found = {f'train/{n}' for n in GoProSubset(root, 'train').sequences}
    unused = sorted(found - {*split.blur, *split.sharp})
    if not unused:
        return ()
    return (
        f"the split of an earlier run, '{root / SPLIT_FILE}', does not use "
        f'{len(unused)} sequences, such as {unused[0]!r}; remove it to draw '
        'a new one',
    )
