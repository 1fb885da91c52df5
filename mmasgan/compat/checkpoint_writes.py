"""A training killed while saving leaves an incomplete checkpoint.

Upstream: ``LocalBackend.put`` in ``mmengine/fileio/backends/local_backend.py``
writes to the final file directly. A full disk or a kill leaves an incomplete
file, and an earlier file of the same name is lost.
"""

from functools import wraps
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from ..utils.atomic_files import write_atomically

MODULES = ('mmengine.fileio.backends.local_backend',)


def is_present() -> bool:
    """Whether the final file is opened directly."""
    put = import_module(MODULES[0]).LocalBackend.put
    return 'open' in put.__code__.co_names


def repair(module: ModuleType) -> None:
    """Write to a temporary file, sync it, and rename it."""
    backend = module.LocalBackend

    @wraps(backend.put)
    def put(self: Any, obj: bytes, filepath: str | Path) -> None:
        write_atomically(Path(filepath), obj, sync=True)

    backend.put = put
