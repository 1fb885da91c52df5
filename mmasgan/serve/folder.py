"""Folder with the files of visitors."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath, PureWindowsPath
from threading import Event, Thread
from time import time

from ..utils.atomic_files import LONGEST_NAME

__all__ = ['KEPT', 'folder_size', 'plain_name', 'sweep', 'swept']

KEPT = 3600  # maximum age of files in seconds
EVERY = 60  # seconds between two cleanups
NAME_LENGTH = 100


def folder_size(folder: Path) -> int:
    """Return the number of bytes of all files in a folder."""
    total = 0
    for path in folder.rglob('*'):
        with suppress(OSError):  # removed in the meantime
            total += path.lstat().st_size
    return total


def sweep(folder: Path, age: float) -> None:
    """Remove files older than some seconds, and empty folders."""
    oldest = time() - age
    for parent, folders, files in os.walk(folder, topdown=False):
        for remove, names in ((os.unlink, files), (os.rmdir, folders)):
            for name in names:
                path = os.path.join(parent, name)
                try:
                    if os.lstat(path).st_mtime < oldest:
                        remove(path)
                except OSError:  # removed in the meantime, or not empty
                    pass


@contextmanager
def swept(folder: Path, age: float = KEPT) -> Iterator[None]:
    """Remove old files regularly, in a thread, during a context."""
    done = Event()

    def work() -> None:
        while not done.wait(min(EVERY, age)):
            sweep(folder, age)

    thread = Thread(target=work, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def plain_name(name: str) -> str:
    """Return a short, printable file name from a path of any system."""
    last = PurePosixPath(PureWindowsPath(name).as_posix()).name
    printable = ''.join(c for c in last if c.isprintable())
    path = PurePosixPath(printable.lstrip('.'))
    stem, suffix = path.stem[:NAME_LENGTH], path.suffix[:NAME_LENGTH]
    while len(f'{stem}{suffix}.png'.encode()) > LONGEST_NAME:
        stem, suffix = stem[:-1], suffix if stem else suffix[:-1]
    return stem + suffix
