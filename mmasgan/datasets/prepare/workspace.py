"""Output folder that is renamed when it is complete."""

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
    """Folder ``<out>.part``, which is renamed to ``out`` when it is complete.

    An incomplete folder with the same settings is continued, even if inputs
    have changed.

    Raises:
        ValueError: If ``out`` has other content, or an incomplete folder has
            other settings.
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
        """Remove all files of a folder except the wanted ones."""
        for path in sorted(folder.rglob('*'), reverse=True):
            if path.is_dir():
                if not any(path.iterdir()):
                    path.rmdir()
            elif path not in wanted:
                path.unlink()

    def finish(self) -> None:
        """Rename the complete folder."""
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
            f"'{self.out}' exists, and was created from other inputs or "
            'settings, or by something else; use another folder, or move it '
            'away'
        )

    def _tidy(self) -> None:
        for name in (JOURNAL, SETTINGS):
            (self.out / name).unlink(missing_ok=True)

    def _begin(self) -> None:
        remove_leftovers(self.part)
        begun = _read(self.part / SETTINGS)
        if begun is None and self.part.exists() and any(self.part.iterdir()):
            raise ValueError(
                f"'{self.part}' exists; move it away, or use another output "
                'folder'
            )
        if begun not in (None, self._settings):
            raise ValueError(
                f"'{self.part}' was started with other settings, {begun}; "
                'use these to continue, or remove it'
            )
        write_atomically(self.part / SETTINGS, _json(self._settings))
        (self.part / RECIPE).unlink(missing_ok=True)


def fingerprint(path: Path, name: str) -> str:
    """Return a text that changes when a file changes."""
    state = path.stat()
    return f'{name} {state.st_size} {state.st_mtime_ns}'


def safe_name(name: str) -> str:
    """Return a unique file name, without suffix, for a path."""
    stem = name.rpartition('/')[2].rpartition('.')[0]
    # Files that start with these are hidden or ignored.
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
