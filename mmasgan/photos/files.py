"""Files of a folder that were meant to be there."""

import os
from collections.abc import Iterator
from pathlib import Path

__all__ = ['HIDDEN', 'visible_files']

HIDDEN = ('.', '@', '__')  # what file servers and archives leave behind


def visible_files(folder: Path) -> Iterator[Path]:
    """Yield the files of a folder, at any depth, in no order.

    Args:
        folder: To walk; links to folders are not followed.

    Raises:
        OSError: If a folder cannot be listed; the message names it.
    """

    def refuse(error: OSError) -> None:
        # Else its files would be missing without a word.
        raise OSError(
            error.errno,
            f"folder '{error.filename}' cannot be read: {error.strerror}; "
            'give this user the right to read it (chmod -R u+rX), or move it '
            'away',
        ) from error

    for parent, inner, names in os.walk(folder, onerror=refuse):
        inner[:] = [name for name in inner if not name.startswith(HIDDEN)]
        yield from (
            Path(parent, name) for name in names if not name.startswith(HIDDEN)
        )
