"""What a preparation keeps and shows: journals, space, progress."""

import json
import shutil
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from rich.console import Console
from rich.progress import track

from ...atomic_files import unwritten, write_atomically

__all__ = [
    'Journal',
    'progress',
    'require_space',
    'shown_names',
    'shown_size',
]

T = TypeVar('T')


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
            key: Its name; a later entry of a name replaces an earlier one.
            **entry: What to know of it.

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


def require_space(folder: Path, needed: int, what: str) -> None:
    """Refuse to begin what cannot end.

    Args:
        folder: Where it will be written; it need not exist.
        needed: Bytes.
        what: What will be written.

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


def progress(items: Sequence[T], description: str) -> Iterable[T]:
    """Iterate with a bar on standard error, if there is anything."""
    if not items:
        return items
    return track(
        items, description=description, console=Console(file=sys.stderr)
    )


def shown_size(count: int) -> str:
    """Return a number of bytes as people read it, in powers of ten."""
    for unit, size in (('GB', 10**9), ('MB', 10**6), ('kB', 10**3)):
        if count >= size:
            return f'{count / size:.1f} {unit}'
    return f'{count} bytes'


def shown_names(names: Sequence[str], most: int = 10) -> str:
    """Return the first names as an indented list, and how many more."""
    lines = [f'  {name}' for name in names[:most]]
    if len(names) > most:
        lines.append(f'  and {len(names) - most} more')
    return '\n'.join(lines)
