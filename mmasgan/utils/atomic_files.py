"""Atomic writing of files."""

import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = [
    'LONGEST_NAME',
    'part_of',
    'remove_leftovers',
    'unwritten',
    'write_atomically',
]

TEMPORARY = '.mmasgan-tmp'
NO_LINK = getattr(os, 'O_NOFOLLOW', 0)  # not on Windows
LONGEST_NAME = 255  # bytes, on common file systems


def write_atomically(path: Path, content: bytes, sync: bool = False) -> None:
    """Write a file atomically: completely or not at all.

    Args:
        path: Path of the file; its folder is created.
        content: Content of the file.
        sync: Whether to sync the content to the disk before the rename, so
            that a power failure cannot leave an empty file.

    Raises:
        OSError: If the file cannot be written; the message names it.
    """
    with (
        part_of(path) as part,
        _naming(path),
        open(os.open(part, os.O_WRONLY | NO_LINK), 'wb') as file,
    ):
        file.write(content)
        file.flush()
        if sync:
            os.fsync(file.fileno())


@contextmanager
def part_of(path: Path) -> Iterator[Path]:
    """Create a temporary file that is renamed when it is complete.

    The folder of the final file is created.

    Yields:
        Path of a new, empty file in the same folder. It replaces ``path`` at
        the end of the block, and is removed if the block raises.

    Raises:
        OSError: If the file cannot be written; the message names it.
    """
    # An unpredictable name, so that nobody can create a link there before.
    end = f'.{secrets.token_hex(8)}{TEMPORARY}'
    name = path.name
    if len(os.fsencode(name + end)) > LONGEST_NAME:
        name = hashlib.sha256(os.fsencode(name)).hexdigest()
    part = path.with_name(name + end)
    with _naming(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    try:
        yield part
        with _naming(path):
            os.replace(part, path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise unwritten(path, error) from error


def remove_leftovers(folder: Path) -> None:
    """Remove temporary files of killed processes, in a folder."""
    for part in folder.rglob(f'*{TEMPORARY}'):
        part.unlink(missing_ok=True)


def unwritten(path: Path, error: OSError) -> OSError:
    """Return an error with the name of the file that was not written."""
    cause = error.strerror or str(error)
    return OSError(
        error.errno,
        f"'{path}' cannot be written: {cause}; earlier results are kept",
    )
