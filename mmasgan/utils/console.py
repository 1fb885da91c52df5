"""What people read on a console: bars, sizes, lists of names."""

import sys
from collections.abc import Iterable, Sequence
from typing import TypeVar

from rich.console import Console
from rich.progress import track

__all__ = ['progress', 'shown_names', 'shown_size']

T = TypeVar('T')


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
