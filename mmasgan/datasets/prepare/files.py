"""Files of a preparation: journal, links, disk space."""

import json
import shutil
from pathlib import Path
from typing import Any

from ...utils.atomic_files import unwritten, write_atomically
from ...utils.console import shown_size

__all__ = [
    'Journal',
    'refuse_link',
    'require_space',
]


class Journal:
    """Journal of finished work, with one line of JSON per entry.

    An incomplete last line of a killed process is ignored.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.entries: dict[str, dict[str, Any]] = {}
        content = path.read_bytes() if path.exists() else b''
        whole = content[: content.rfind(b'\n') + 1]
        if len(whole) < len(content):
            write_atomically(path, whole)
        for line in whole.decode().splitlines():
            entry = json.loads(line)
            self.entries[entry.pop('key')] = entry

    def begin(self) -> None:
        """Create an empty file, unless it exists."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.touch()

    def add(self, key: str, **entry: Any) -> None:
        """Add an entry.

        Raises:
            OSError: If the file cannot be written; the message names it.
        """
        try:
            with self.path.open('a', encoding='utf-8') as file:
                file.write(json.dumps({'key': key, **entry}) + '\n')
        except OSError as error:
            raise unwritten(self.path, error) from error
        self.entries[key] = entry

    def remove(self) -> None:
        """Remove the file."""
        self.path.unlink(missing_ok=True)


def refuse_link(folder: Path) -> None:
    """Refuse to write to a folder that is a link.

    Raises:
        OSError: If it is a link.
    """
    if folder.is_symlink():
        raise OSError(
            f"'{folder}' is a link, to whose target data would be written; "
            'remove it'
        )


def require_space(folder: Path, needed: int, what: str) -> None:
    """Check that the disk has enough space.

    Raises:
        OSError: If there is less space.
    """
    place = folder.absolute()
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    if needed > free:
        raise OSError(
            f"{what} in '{folder}' needs {shown_size(needed)}, but "
            f'{shown_size(free)} are free there; free some space, or use '
            'another folder'
        )
