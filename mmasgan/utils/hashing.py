"""What tells whether a file is the one that was meant."""

import hashlib
import os
from pathlib import Path

__all__ = ['check_sha256', 'file_sha256']

CHUNK = 1 << 20


def check_sha256(path: Path, expected: str) -> None:
    """Compare a file with its checksum.

    Args:
        path: The file.
        expected: 64 hexadecimal digits.

    Raises:
        ValueError: If they differ.
    """
    found = file_sha256(path)
    if found != expected.lower():
        raise ValueError(
            f"'{path}' has the SHA-256 {found}, expected "
            f'{expected.lower()}: it is damaged or another file; remove it '
            'and download it again'
        )


def file_sha256(*paths: str | os.PathLike[str]) -> str:
    """Return the SHA-256 of files, one after another, in hexadecimal."""
    digest = hashlib.sha256()
    for path in paths:
        with open(path, 'rb') as file:
            while chunk := file.read(CHUNK):
                digest.update(chunk)
    return digest.hexdigest()
