"""Download one large file, going on where an earlier try stopped."""

import hashlib
import json
import os
import urllib.error
import urllib.request
from email.message import Message
from pathlib import Path
from typing import IO

from rich.progress import Progress

from ...atomic_files import write_atomically
from .files import require_space

__all__ = ['check_sha256', 'download', 'file_sha256']

CHUNK = 1 << 20
TIMEOUT = 60  # seconds without a byte


def download(url: str, path: Path) -> None:
    """Download a file to ``path``, unless it is there.

    What has come so far is in ``<path>.part``. The next call asks the
    server for the rest, and begins anew where the server has another file
    by now or does not know ranges.

    Args:
        url: Address, http or https.
        path: The file; it appears when whole.

    Raises:
        OSError: If the server cannot be reached, or stops too early, or the
            disk has too little space.
        ValueError: If the address is of another kind.
    """
    if path.exists():
        return
    if not url.startswith(('http://', 'https://')):
        raise ValueError(
            f'an address must begin with http:// or https://, got {url!r}'
        )
    part = path.with_name(f'{path.name}.part')
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        response = _open(url, part)
        with response:
            _receive(response, part, path)
    except urllib.error.HTTPError as error:
        raise OSError(
            f"'{url}' cannot be downloaded: the server answers "
            f'{error.code} {error.reason}; check the address'
        ) from error
    except OSError as error:
        raise OSError(
            f"the download of '{url}' stopped: {error}; run the same "
            f"command again, which goes on from '{part}'"
        ) from error
    os.replace(part, path)
    _note_of(part).unlink(missing_ok=True)


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


def file_sha256(path: str | os.PathLike[str]) -> str:
    """Return the SHA-256 of a file's content, in hexadecimal digits."""
    digest = hashlib.sha256()
    with open(path, 'rb') as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _open(url: str, part: Path) -> IO[bytes]:
    have = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(url)
    tag = _tag(part)
    if have and tag:
        request.add_header('Range', f'bytes={have}-')
        request.add_header('If-Range', tag)
    try:
        return urllib.request.urlopen(request, timeout=TIMEOUT)
    except urllib.error.HTTPError as error:
        # Asked for what lies beyond the end: the part is of another file.
        if error.code != 416 or not have:
            raise
        part.unlink()
        return _open(url, part)


def _receive(response: IO[bytes], part: Path, path: Path) -> None:
    headers: Message = response.headers  # type: ignore[attr-defined]
    start = 0
    if response.status == 206:  # type: ignore[attr-defined]
        start = int(headers['Content-Range'].split()[1].partition('-')[0])
    length = headers.get('Content-Length')
    total = None if length is None else start + int(length)
    if total is not None:
        require_space(part.parent, total - start, f"'{path.name}'")
    tag = headers.get('ETag') or headers.get('Last-Modified')
    if not (tag or '').startswith('W/'):  # a weak tag promises no bytes
        write_atomically(_note_of(part), json.dumps({'tag': tag}).encode())
    with part.open('r+b' if start else 'wb') as file, Progress() as bar:
        file.seek(start)
        file.truncate()
        task = bar.add_task(path.name, total=total, completed=start)
        while chunk := response.read(CHUNK):
            file.write(chunk)
            bar.advance(task, len(chunk))
        end = file.tell()
    if total is not None and end != total:
        raise OSError(f'{end} of {total} bytes have come')


def _tag(part: Path) -> str | None:
    try:
        return json.loads(_note_of(part).read_text())['tag']
    except (OSError, ValueError, KeyError):
        return None


def _note_of(part: Path) -> Path:
    return part.with_name(f'{part.name}.json')
