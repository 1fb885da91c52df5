"""Download of a large file, with resume."""

import json
import os
import re
import stat
import urllib.error
import urllib.request
from email.message import Message
from http.client import HTTPException
from pathlib import Path
from typing import IO

from rich.progress import Progress

from ...utils.atomic_files import write_atomically
from .files import require_space

__all__ = ['download']

CHUNK = 1 << 20
LONGEST = 80  # characters of a response in a message
TIMEOUT = 60  # seconds without a byte


def download(url: str, path: Path) -> None:
    """Download a file to ``path``, unless it exists.

    An incomplete download is ``<path>.part``. The next call requests the
    rest, or starts again if the file on the server has changed or the server
    does not support ranges.

    Raises:
        OSError: If the server cannot be reached or stops early, or the disk
            has too little space.
        ValueError: If the address is not http or https.
    """
    if path.exists():
        return
    if not url.startswith(('http://', 'https://')):
        raise ValueError(
            f'the address must begin with http:// or https://, got {url!r}'
        )
    part = path.with_name(f'{path.name}.part')
    path.parent.mkdir(parents=True, exist_ok=True)
    _check_own(part)
    try:
        response = _open(url, part)
        with response:
            _receive(response, part, path)
    except urllib.error.HTTPError as error:
        raise OSError(
            f"'{url}' cannot be downloaded: the server answers "
            f'{error.code} {error.reason}; check the address'
        ) from error
    except (HTTPException, ValueError) as error:
        raise OSError(
            f"'{url}' cannot be downloaded: the answer is not valid HTTP "
            f'({type(error).__name__}: {str(error)[:LONGEST]!r}); check the '
            'address'
        ) from error
    except OSError as error:
        raise OSError(
            f"the download of '{url}' stopped: {error}; run the same "
            f"command again to continue '{part}'"
        ) from error
    os.replace(part, path)
    _note_of(part).unlink(missing_ok=True)


def _open(url: str, part: Path) -> IO[bytes]:
    have = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(url)
    tag = _tag(part)
    if have and tag:
        request.add_header('Range', f'bytes={have}-')
        request.add_header('If-Range', tag)
    try:
        return _opener().open(request, timeout=TIMEOUT)
    except urllib.error.HTTPError as error:
        # The range is beyond the end: the part belongs to another file.
        if error.code != 416 or not have:
            raise
        part.unlink()
        return _open(url, part)


def _opener() -> urllib.request.OpenerDirector:
    """Return an opener that only follows redirects to http and https."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler,
        urllib.request.HTTPHandler,
        urllib.request.HTTPSHandler,
        urllib.request.HTTPRedirectHandler,
        urllib.request.HTTPDefaultErrorHandler,
        urllib.request.HTTPErrorProcessor,
        urllib.request.UnknownHandler,
    ):
        opener.add_handler(handler())
    return opener


def _check_own(part: Path) -> None:
    """Refuse to write to a link or pipe."""
    try:
        found = part.lstat()
    except FileNotFoundError:
        return
    if not stat.S_ISREG(found.st_mode) or found.st_nlink > 1:
        raise OSError(
            f"'{part}' is a link, or not a file, to which the download would "
            'be written; remove it'
        )


def _open_part(part: Path, start: int) -> IO[bytes]:
    flags = os.O_RDWR | getattr(os, 'O_NOFOLLOW', 0)
    if not start:
        part.unlink(missing_ok=True)
        flags |= os.O_CREAT | os.O_EXCL
    return open(os.open(part, flags, 0o666), 'r+b')


def _receive(response: IO[bytes], part: Path, path: Path) -> None:
    headers: Message = response.headers  # type: ignore[attr-defined]
    start = 0
    if response.status == 206:  # type: ignore[attr-defined]
        start = _start(headers['Content-Range'], part)
    length = headers.get('Content-Length')
    total = None if length is None else start + int(length)
    if total is not None and total < start:
        raise ValueError(f'Content-Length: {length}')
    if total is not None:
        require_space(part.parent, total - start, f"'{path.name}'")
    tag = headers.get('ETag') or headers.get('Last-Modified')
    if not (tag or '').startswith('W/'):  # a weak tag does not identify bytes
        write_atomically(_note_of(part), json.dumps({'tag': tag}).encode())
    with _open_part(part, start) as file, Progress() as bar:
        file.seek(start)
        file.truncate()
        task = bar.add_task(path.name, total=total, completed=start)
        while chunk := response.read(CHUNK):
            file.write(chunk)
            bar.advance(task, len(chunk))
        end = file.tell()
    if total is not None and end != total:
        raise OSError(f'received {end} of {total} bytes')


def _start(content_range: str | None, part: Path) -> int:
    """Return the start of a response; refuse one beyond the partial file."""
    match = re.match(r'bytes (\d{1,18})-', content_range or '')
    if not match or int(match[1]) > part.stat().st_size:
        raise ValueError(f'Content-Range: {content_range}')
    return int(match[1])


def _tag(part: Path) -> str | None:
    try:
        tag = json.loads(_note_of(part).read_text())['tag']
        return tag if isinstance(tag, str) else None
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def _note_of(part: Path) -> Path:
    return part.with_name(f'{part.name}.json')
