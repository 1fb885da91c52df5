"""Available main memory.

Linux overcommits memory and kills processes that use too much, so the memory
must be checked before it is used.
"""

from collections.abc import Iterator
from pathlib import Path

__all__ = ['available_memory']

MEMINFO = Path('/proc/meminfo')
GROUPS = Path('/proc/self/cgroup')
GROUP_ROOT = Path('/sys/fs/cgroup')


def available_memory() -> int | None:
    """Return the memory available to this process without swapping, in bytes.

    Limits of containers (control groups) are included. Returns None on
    systems other than Linux.
    """
    return min((*_of_machine(), *_of_groups()), default=None)


def _of_machine() -> Iterator[int]:
    try:
        lines = MEMINFO.read_text().splitlines()
    except OSError:
        return
    for line in lines:
        if line.startswith('MemAvailable:'):
            yield int(line.split()[1]) * 1024


def _of_groups() -> Iterator[int]:
    try:
        lines = GROUPS.read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, name = line.split(':', 2)
        if not controllers:
            root, limit, usage = GROUP_ROOT, 'memory.max', 'memory.current'
        elif 'memory' in controllers.split(','):
            root, limit = GROUP_ROOT / 'memory', 'memory.limit_in_bytes'
            usage = 'memory.usage_in_bytes'
        else:
            continue
        group = root / name.lstrip('/')
        for folder in (group, *group.parents):
            if folder.is_relative_to(root):
                yield from _left(folder, limit, usage)


def _left(folder: Path, limit: str, usage: str) -> Iterator[int]:
    """Yield the memory left in a group, if it has a limit."""
    try:
        most = int((folder / limit).read_text())
        used = int((folder / usage).read_text())
        stat = (folder / 'memory.stat').read_text().split()
    except (OSError, ValueError):  # no such group, or 'max'
        return
    numbers = dict(zip(stat[::2], stat[1::2], strict=False))
    # Cached files count as used, but can be dropped.
    cached = int(numbers.get('inactive_file', 0))
    yield max(most - used + cached, 0)
