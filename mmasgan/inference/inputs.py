"""Which photographs and videos were meant."""

import glob
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from ..photos import PHOTO_SUFFIXES
from ..photos.files import HIDDEN, visible_files
from .video import VIDEO_SUFFIXES

__all__ = ['STREAM', 'Input', 'find_inputs']

STREAM = '-'  # standard input or output
SUFFIXES = (*PHOTO_SUFFIXES, *VIDEO_SUFFIXES)
MAGIC = frozenset('*?[')


class Input(NamedTuple):
    """A file to deblur.

    Attributes:
        source: The file; None is standard input.
        inner: Its path below what was given.
    """

    source: Path | None
    inner: Path


def find_inputs(given: Sequence[str], out: str) -> list[Input]:
    """Find what to deblur.

    Args:
        given: Photographs and videos, which need not exist; folders of them,
            of any depth; patterns such as ``'in/**/*.png'``; or ``'-'``,
            standard input, alone.
        out: Where results go: what lies there is left out of folders and
            patterns, since earlier runs have made it.

    Returns:
        Each file once. Folders and patterns give those with a suffix of
        photographs or videos, sorted.

    Raises:
        OSError: If a folder cannot be read.
        ValueError: If something gives no file.
    """
    if STREAM in given and len(given) > 1:
        raise ValueError("'-', standard input, goes with no other input")
    found: dict[Input, None] = {}
    for name in given:
        path = Path(name)
        if name == STREAM:
            found[Input(None, Path('stdin'))] = None
        elif path.is_dir():
            found |= dict.fromkeys(_in_folder(path, Path(out).resolve()))
        elif MAGIC.isdisjoint(name) or os.path.lexists(path):
            found[Input(path, Path(path.name))] = None
        else:
            found |= dict.fromkeys(_matching(name, Path(out).resolve()))
    return list(found)


def _in_folder(folder: Path, results: Path) -> list[Input]:
    return _named(folder, [folder], results, f"in '{folder}'")


def _matching(pattern: str, results: Path) -> list[Input]:
    parts = Path(pattern).parts
    fixed = [MAGIC.isdisjoint(part) for part in parts].index(False)
    matches = [Path(match) for match in glob.glob(pattern, recursive=True)]
    return _named(
        Path(*parts[:fixed]), sorted(matches), results, f"like '{pattern}'"
    )


def _named(
    root: Path, paths: Sequence[Path], results: Path, where: str
) -> list[Input]:
    is_inside = root.resolve() in results.parents
    found = [
        Input(path, path.relative_to(root))
        for given in paths
        for path in _files(given)
        if not (is_inside and results in path.resolve().parents)
        and not _is_hidden(path.relative_to(root))
    ]
    if not found:
        raise ValueError(
            f'no photograph or video {where}; expected files that end in '
            f'{", ".join(SUFFIXES)}'
        )
    return found


def _files(path: Path) -> Iterator[Path]:
    """Yield what is a photograph or video by its name, sorted."""
    files = sorted(visible_files(path)) if path.is_dir() else [path]
    for file in files:
        if file.suffix.lower() in SUFFIXES:
            yield file


def _is_hidden(inner: Path) -> bool:
    return any(part.startswith(HIDDEN) for part in inner.parts)
