"""Console output: progress bars, sizes, lists of names."""

import sys
from collections.abc import Iterable, Sequence
from typing import TypeVar

from rich.console import Console
from rich.progress import track

__all__ = ['progress', 'shortened', 'shown_names', 'shown_size']

T = TypeVar('T')
LONGEST = 200  # characters of a name


def progress(items: Sequence[T], description: str) -> Iterable[T]:
    """Iterate with a progress bar on standard error."""
    if not items:
        return items
    return track(
        items, description=description, console=Console(file=sys.stderr)
    )


def shown_size(count: int) -> str:
    """Return a number of bytes with a unit, in powers of ten."""
    for unit, size in (('GB', 10**9), ('MB', 10**6), ('kB', 10**3)):
        if count >= size:
            return f'{count / size:.1f} {unit}'
    return f'{count} bytes'


def shortened(text: str) -> str:
    """Return a text for a message, without the middle of a long one."""
    half = LONGEST // 2
    return text if len(text) <= LONGEST else f'{text[:half]}...{text[-half:]}'


def shown_names(names: Sequence[str], most: int = 10) -> str:
    """Return an indented list of the first names, and the number of others."""
    lines = [f'  {name}' for name in names[:most]]
    if len(names) > most:
        lines.append(f'  and {len(names) - most} more')
    return '\n'.join(lines)
