"""Checksums of files."""

import hashlib
import os
from pathlib import Path

__all__ = ['check_sha256', 'file_sha256']

CHUNK = 1 << 20


def check_sha256(path: Path, expected: str) -> None:
    """Verify the SHA-256 of a file.

    Raises:
        ValueError: If it is different.
    """
    found = file_sha256(path)
    if found != expected.lower():
        raise ValueError(
            f"'{path}' has the SHA-256 {found}, expected "
            f'{expected.lower()}: the file is damaged or a different one; '
            'remove it and download it again'
        )


def file_sha256(*paths: str | os.PathLike[str]) -> str:
    """Return the SHA-256 of the content of files, concatenated."""
    digest = hashlib.sha256()
    for path in paths:
        with open(path, 'rb') as file:
            while chunk := file.read(CHUNK):
                digest.update(chunk)
    return digest.hexdigest()
