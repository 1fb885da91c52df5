"""A training that is killed while it saves leaves half a checkpoint.

Upstream: ``LocalBackend.put`` in ``mmengine/fileio/backends/local_backend.py``
writes into the file itself, under its final name. A full disk or a kill leaves
a piece of the new file, and where a file of that name was, nothing of it.
"""

from collections.abc import Callable
from functools import wraps
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from ..utils.atomic_files import write_atomically

__all__ = ['MODULES', 'is_present', 'patch']

MODULES = ('mmengine.fileio.backends.local_backend',)


def is_present() -> bool:
    """Whether a file is opened by its own name."""
    put = import_module(MODULES[0]).LocalBackend.put
    return 'open' in put.__code__.co_names


def patch(module: ModuleType, execute: Callable[[], None]) -> bool:
    """Write to a temporary file, to the disk, and only then to the name.

    Args:
        module: ``mmengine.fileio.backends.local_backend``.
        execute: Runs its code.

    Returns:
        Whether files were written in place.
    """
    execute()
    if not is_present():
        return False
    backend = module.LocalBackend

    @wraps(backend.put)
    def put(self: Any, obj: bytes, filepath: str | Path) -> None:
        write_atomically(Path(filepath), obj, sync=True)

    backend.put = put
    return True
