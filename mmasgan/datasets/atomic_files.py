"""Files that exist whole or not at all."""

import os
from pathlib import Path

__all__ = ['remove_leftovers', 'unwritten', 'write_atomically']

TEMPORARY = '.mmasgan-tmp'


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
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f'{path.name}.{os.getpid()}{TEMPORARY}')
    try:
        part.write_bytes(content)
        if sync:
            with part.open('rb') as file:
                os.fsync(file.fileno())
        os.replace(part, path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise unwritten(path, error) from error
    except BaseException:
        part.unlink(missing_ok=True)
        raise


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
