"""Listing of the photographs and videos to deblur."""

import glob
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from ...io.image.files import (
    is_hidden,
    is_special,
    shown_others,
    visible_files,
)
from ...io.image.kinds import IMAGE_SUFFIXES
from .video import VIDEO_SUFFIXES

__all__ = ['STREAM', 'Input', 'find_inputs']

STREAM = '-'  # standard input or output
SUFFIXES = (*IMAGE_SUFFIXES, *VIDEO_SUFFIXES)
MAGIC = frozenset('*?[')


class Input(NamedTuple):
    """A file to deblur.

    Attributes:
        source: Path of the file; None means standard input.
        inner: Path relative to the given folder.
    """

    source: Path | None
    inner: Path


def find_inputs(
    given: Sequence[str], out: str, say: Callable[[str], None] | None = None
) -> list[Input]:
    """Find what to deblur.

    Args:
        given: Paths of photographs and videos, which need not exist; folders,
            with subfolders; patterns such as ``'in/**/*.png'``; or only
            ``'-'`` for standard input.
        out: Output folder; its files are excluded from folders and patterns.
        say: Function that prints a note on skipped files of folders.

    Returns:
        Each file once. Folders and patterns give files with a suffix of
        photographs or videos, sorted.

    Raises:
        OSError: If a folder cannot be read.
        ValueError: If a folder or pattern has no file.
    """
    if STREAM in given and len(given) > 1:
        raise ValueError("'-', standard input, must be the only input")
    found: dict[Input, None] = {}
    others: dict[Path, None] = {}
    results = Path(out).resolve()
    for name in given:
        path = Path(name)
        if name == STREAM:
            found[Input(None, Path('stdin'))] = None
            continue
        if path.is_dir():
            root, paths, where = path, [path], f"in '{name}'"
        elif MAGIC.isdisjoint(name) or os.path.lexists(path):
            found[Input(path, Path(path.name))] = None
            continue
        else:
            root, paths = _matching(path)
            where = f"like '{name}'"
        inner, left = _inputs(root, paths, results)
        others |= dict.fromkeys(left)
        if not inner:
            raise _nothing(where, left)
        found |= dict.fromkeys(inner)
    if others and say is not None:
        say(shown_others(list(others)))
    return list(found)


def _matching(pattern: Path) -> tuple[Path, list[Path]]:
    """Return the root folder of a pattern, and its matches."""
    fixed = [MAGIC.isdisjoint(part) for part in pattern.parts].index(False)
    root = Path(*pattern.parts[:fixed])
    matches = [
        Path(match) for match in glob.glob(str(pattern), recursive=True)
    ]
    return root, [
        path for path in sorted(matches) if not _is_hidden(root, path)
    ]


def _is_hidden(root: Path, path: Path) -> bool:
    inner = path.relative_to(root)
    return any(is_hidden(part, True) for part in inner.parts[:-1]) or (
        is_hidden(inner.name, path.is_dir())
    )


def _inputs(
    root: Path, paths: Sequence[Path], results: Path
) -> tuple[list[Input], list[Path]]:
    """Return photographs and videos, and all other files."""
    is_inside = root.resolve() in results.parents
    found, others = [], []
    for path in paths:
        for file in sorted(visible_files(path)) if path.is_dir() else [path]:
            if is_inside and results in file.resolve().parents:
                continue
            if file.suffix.lower() in SUFFIXES and not is_special(file):
                found.append(Input(file, file.relative_to(root)))
            else:
                others.append(file)
    return found, others


def _nothing(where: str, others: Sequence[Path]) -> ValueError:
    what = f' ({shown_others(others)})' if others else ''
    return ValueError(
        f'no photograph or video {where}{what}; expected files that end in '
        f'{", ".join(SUFFIXES)}'
    )
