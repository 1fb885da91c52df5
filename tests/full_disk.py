"""A disk that is full for some of the files that are written."""

import errno
import os
from pathlib import Path


def fill(monkeypatch, is_full):
    """Let a write end half-way where ``is_full(path)`` says so."""

    def opened(number, mode):
        path = Path(os.readlink(f'/proc/self/fd/{number}'))
        file = open(number, mode)  # noqa: SIM115  closed by its user
        return _Full(file, path) if is_full(path) else file

    monkeypatch.setattr(
        'mmasgan.utils.atomic_files.open', opened, raising=False
    )


class _Full:
    def __init__(self, file, path):
        self.file = file
        self.path = path

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.file.close()

    def write(self, content):
        self.file.write(bytes(content)[: len(content) // 2])
        number = errno.ENOSPC
        raise OSError(number, os.strerror(number), str(self.path))
