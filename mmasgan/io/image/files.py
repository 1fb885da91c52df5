"""Listing of the files of a folder."""

import os
import re
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

__all__ = [
    'is_hidden',
    'is_special',
    'printable',
    'shown_others',
    'visible_files',
]

# Folders of file servers and archives.
HIDDEN_FOLDERS = (
    '@eaDir',
    '@tmp',
    '@Recycle',
    '@Recently-Snapshot',
    '#recycle',
    '__MACOSX',
)
CONTROLS = re.compile(
    '[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069]'
)
MOST_SHOWN = 5  # names


def is_hidden(name: str, is_folder: bool) -> bool:
    """Return whether a file or folder is ignored."""
    return name.startswith('.') or (is_folder and name in HIDDEN_FOLDERS)


def is_special(path: Path) -> bool:
    """Return whether a file, or its target, is a pipe, socket or device."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def visible_files(folder: Path, follow_links: bool = False) -> Iterator[Path]:
    """Yield the files of a folder, at any depth, in no order.

    Args:
        folder: Folder to walk.
        follow_links: Whether to follow links to folders, except to parents of
            the link.

    Raises:
        OSError: If a folder cannot be listed; the message names it.
    """

    def refuse(error: OSError) -> None:
        # os.walk would skip the folder without an error.
        raise OSError(
            error.errno,
            f"folder '{error.filename}' cannot be read: {error.strerror}; "
            'allow this user to read it (chmod -R u+rX), or move it away',
        ) from error

    for parent, inner, names in os.walk(
        folder, onerror=refuse, followlinks=follow_links
    ):
        here = Path(parent).absolute()
        above = {os.path.realpath(path) for path in (here, *here.parents)}
        inner[:] = [
            name
            for name in inner
            if not is_hidden(name, True)
            and os.path.realpath(here / name) not in above
        ]
        yield from (
            Path(parent, name) for name in names if not is_hidden(name, False)
        )


def printable(text: str) -> str:
    """Escape the control characters of a text for a terminal."""
    return CONTROLS.sub(lambda match: ascii(match[0])[1:-1], text)


def shown_others(others: Sequence[Path]) -> str:
    """Return a note with number and first names of skipped files."""
    names = ', '.join(f"'{path}'" for path in others[:MOST_SHOWN])
    more = len(others) - MOST_SHOWN
    if more > 0:
        names += f' and {more} more'
    count = '1 file' if len(others) == 1 else f'{len(others)} files'
    return f'{count} of other kinds left out: {names}'
