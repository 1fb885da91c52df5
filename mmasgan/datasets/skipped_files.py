"""Image files that a training skipped, over all workers of its loader."""

import json
import os
import weakref
from logging import ERROR, WARNING
from pathlib import Path
from tempfile import gettempdir
from uuid import uuid4

from mmengine.dist import is_main_process
from mmengine.logging import print_log

from ..io.image.reader import UnusableImageError

__all__ = ['SkippedFiles']


class SkippedFiles:
    """List of image files that cannot be used, up to a limit.

    All copies of the list in workers share one temporary file. It is created
    when a file is skipped, and removed with the original list. Each process
    of a distributed training has its own list.

    Raises:
        ValueError: If the limit is not an integer, or negative.
    """

    def __init__(self, limit: int) -> None:
        if not isinstance(limit, int) or isinstance(limit, bool) or limit < 0:
            raise ValueError(
                f'max_skipped must be a non-negative integer, got {limit!r}'
            )
        self.limit = limit
        self.record = Path(gettempdir(), f'mmasgan-skipped-{uuid4().hex}')
        # A worker that ends must not remove the file.
        weakref.finalize(self, _remove, self.record, os.getpid())

    def add(self, error: UnusableImageError) -> None:
        """Add a file, with a warning when it is new.

        Raises:
            ValueError: If there are more files than the limit; the message
                lists them.
        """
        name = error.path or str(error)
        known = self.causes()
        if name not in known:
            self._append(name, str(error))
            known = self.causes()  # including those of other workers
            print_log(
                f'{error}. It is skipped ({len(known)} of at most '
                f'{self.limit}).',
                logger='current',
                # MMEngine only shows errors of other ranks.
                level=WARNING if is_main_process() else ERROR,
            )
        if len(known) > self.limit:
            raise ValueError(
                f'{len(known)} image files cannot be used, more than '
                f'max_skipped={self.limit}; repair or remove them, or '
                'increase max_skipped:\n' + '\n'.join(known.values())
            ) from error

    def causes(self) -> dict[str, str]:
        """Return the problem of each skipped file, by its name."""
        try:
            text = self.record.read_text(encoding='ascii')
        except FileNotFoundError:
            return {}
        known: dict[str, str] = {}
        for line in text.split('\n')[:-1]:  # the rest is being written
            name, cause = json.loads(line)
            known.setdefault(name, cause)
        return known

    def _append(self, name: str, cause: str) -> None:
        # A single write, so that workers do not mix their lines.
        line = (json.dumps([name, cause]) + '\n').encode('ascii')
        with open(self.record, 'ab', buffering=0) as file:
            file.write(line)


def _remove(path: Path, owner: int) -> None:
    if os.getpid() == owner:
        path.unlink(missing_ok=True)
