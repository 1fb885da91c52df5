"""Files that exist whole or not at all."""

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
LONGEST_NAME = 255  # bytes, on the file systems in use


def write_atomically(
    path: Path, content: bytes | memoryview, sync: bool = False
) -> None:
    """Write a file that exists whole or not at all.

    Args:
        path: The file; its folder is made.
        content: All of it.
        sync: Whether the content must be on the disk before the name is, or
            else a power cut may leave the name without content.

    Raises:
        OSError: If it cannot be written; the message names it.
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
    """Give a temporary file that takes a name once it is whole.

    Args:
        path: The name; its folder is made.

    Yields:
        A new, empty file beside it to write to. It replaces what had the name
        where the block ends, and is removed where the block raises anything.

    Raises:
        OSError: If folder or name cannot be had; the message names it.
    """
    # Nobody can foresee the name, and put a link there.
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
    """Remove the temporary files of writers that were killed."""
    for part in folder.rglob(f'*{TEMPORARY}'):
        part.unlink(missing_ok=True)


def unwritten(path: Path, error: OSError) -> OSError:
    """Return an error that names the file which could not be written."""
    cause = error.strerror or str(error)
    return OSError(
        error.errno,
        f"'{path}' cannot be written: {cause}; what was made before is kept",
    )
