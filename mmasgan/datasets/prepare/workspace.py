"""A folder that appears when all of it is made."""

import hashlib
import json
import os
import re
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ...utils.atomic_files import remove_leftovers, write_atomically
from .files import Journal, refuse_link

__all__ = ['Workspace', 'fingerprint', 'safe_name']

RECIPE = 'prepared.json'
SETTINGS = 'settings.json'
JOURNAL = 'journal.jsonl'


class Workspace:
    """Beside ``out``, ``<out>.part`` until it is finished and renamed.

    An unfinished one is gone on with, if it was begun with the same
    settings; inputs may have changed meanwhile.

    Args:
        out: The folder to make.
        settings: Settings on which the outputs depend.
        inputs: Fingerprints of the inputs.

    Raises:
        ValueError: If there is something else at ``out``, or what was begun
            has other settings.
    """

    def __init__(
        self, out: Path, settings: dict[str, Any], inputs: Iterable[str]
    ) -> None:
        self.out = out
        digest = hashlib.sha256('\n'.join(sorted(inputs)).encode())
        self._settings = settings
        self._recipe = {**settings, 'inputs': digest.hexdigest()}
        self.is_finished = self._is_finished()
        self.part = out.with_name(f'{out.name}.part')
        refuse_link(self.part)
        if not self.is_finished:
            self._begin()
        self.journal = Journal(self.part / JOURNAL)
        if not self.is_finished:
            self.journal.begin()

    def keep_only(self, folder: Path, wanted: set[Path]) -> None:
        """Remove the files that no input leads to any more.

        Args:
            folder: Folder within the workspace.
            wanted: The files to keep.
        """
        for path in sorted(folder.rglob('*'), reverse=True):
            if path.is_dir():
                if not any(path.iterdir()):
                    path.rmdir()
            elif path not in wanted:
                path.unlink()

    def finish(self) -> None:
        """Put the folder in its place."""
        write_atomically(self.part / RECIPE, _json(self._recipe))
        os.rename(self.part, self.out)
        self._tidy()
        self.is_finished = True

    def _is_finished(self) -> bool:
        if not self.out.exists() or (
            self.out.is_dir() and not any(self.out.iterdir())
        ):
            return False
        if _read(self.out / RECIPE) == self._recipe:
            self._tidy()
            return True
        raise ValueError(
            f"'{self.out}' exists, and is not what would be made there now "
            '(other inputs or settings, or another thing altogether); name '
            'another folder, or move it away'
        )

    def _tidy(self) -> None:
        for name in (JOURNAL, SETTINGS):
            (self.out / name).unlink(missing_ok=True)

    def _begin(self) -> None:
        remove_leftovers(self.part)
        begun = _read(self.part / SETTINGS)
        if begun is None and self.part.exists() and any(self.part.iterdir()):
            raise ValueError(
                f"'{self.part}' is in the way; move it away, or name another "
                'folder'
            )
        if begun not in (None, self._settings):
            raise ValueError(
                f"'{self.part}' was begun with other settings, {begun}; "
                'give these to go on, or remove it'
            )
        write_atomically(self.part / SETTINGS, _json(self._settings))
        (self.part / RECIPE).unlink(missing_ok=True)


def fingerprint(path: Path, name: str) -> str:
    """Tell a file from later states of itself.

    Args:
        path: The file.
        name: Name of the file, for messages.
    """
    state = path.stat()
    return f'{name} {state.st_size} {state.st_mtime_ns}'


def safe_name(name: str) -> str:
    """Return a file name, without suffix, that no other path has.

    Args:
        name: Path of the source, relative to its folder, with slashes.
    """
    stem = name.rpartition('/')[2].rpartition('.')[0]
    # A dot hides a file, and file servers have names that begin so.
    clean = re.sub(r'[\s<>:"/\\|?*]+', '_', stem).lstrip('.@_')[:60]
    digest = zlib.crc32(name.encode('utf-8', 'surrogateescape'))
    return f'{clean or "image"}-{digest:08x}'


def _read(path: Path) -> dict | None:
    try:
        return json.loads(path.read_text(encoding='utf-8'))
    except (OSError, ValueError):
        return None


def _json(content: dict) -> bytes:
    return (json.dumps(content, indent=2) + '\n').encode()
