"""What a preparation keeps, and where: journals, links, space."""

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
    """What has been done so far, one line of JSON for each thing.

    A line that was cut off when the writer died does not count.

    Args:
        path: The file; it need not exist.
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
        """Make the file, empty, if there is none."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.touch()

    def add(self, key: str, **entry: Any) -> None:
        """Note that a thing is done.

        Args:
            key: Name of the entry; a later one replaces an earlier one.
            **entry: Values of the entry.

        Raises:
            OSError: If it cannot be written; the message names the file.
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
    """Refuse to fill a folder that lies elsewhere.

    Args:
        folder: Of a name that others can foresee; it need not exist.

    Raises:
        OSError: If it is a link.
    """
    if folder.is_symlink():
        raise OSError(
            f"'{folder}' is a link, and what is made would be written to "
            'where it leads; remove it'
        )


def require_space(folder: Path, needed: int, what: str) -> None:
    """Refuse to begin what cannot end.

    Args:
        folder: Output folder; it need not exist.
        needed: Bytes.
        what: Description of the data, for the message.

    Raises:
        OSError: If less is free.
    """
    place = folder.absolute()
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    if needed > free:
        raise OSError(
            f"{what} in '{folder}' needs {shown_size(needed)}, but "
            f'{shown_size(free)} are free there; free some, or name another '
            'place'
        )
