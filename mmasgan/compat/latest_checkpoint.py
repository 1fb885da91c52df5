"""A damaged newest checkpoint ends a resumed training, or is not noticed.

Upstream: ``find_latest_checkpoint`` in ``mmengine/runner/checkpoint.py``
returns what the file ``last_checkpoint`` says. That may be empty, name a file
that is gone or lie elsewhere since the folder was moved, or name one that was
cut or altered: torch checks no checksum when it loads.
"""

import logging
import re
import tempfile
import zipfile
from collections.abc import Callable
from functools import wraps
from importlib import import_module
from pathlib import Path
from types import ModuleType

from ..utils.atomic_files import remove_leftovers
from ._imports import rebind

__all__ = ['MODULES', 'damage_of', 'is_present', 'patch']

MODULES = ('mmengine.runner.checkpoint',)
NUMBERED = re.compile(r'(?:iter|epoch)_(\d+)\.pth')


def is_present() -> bool:
    """Whether a name of nothing is taken for a checkpoint."""
    find = import_module(MODULES[0]).find_latest_checkpoint
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, 'last_checkpoint').write_text(f'{folder}/iter_1.pth')
        try:
            return find(folder) is not None
        except ValueError:
            return False


def patch(module: ModuleType, execute: Callable[[], None]) -> bool:
    """Take the newest checkpoint that is whole; report those that are not.

    Args:
        module: ``mmengine.runner.checkpoint``.
        execute: Runs its code.

    Returns:
        Whether a name of nothing was taken.
    """
    execute()
    if not is_present():
        return False
    original = module.find_latest_checkpoint

    @wraps(original)
    def find_latest_checkpoint(path: str) -> str | None:
        def warn(message: str) -> None:
            module.print_log(message, 'current', logging.WARNING)

        remove_leftovers(Path(path))
        damages = []
        for checkpoint in _newest_first(Path(path)):
            damage = damage_of(checkpoint)
            if damage is None:
                return str(checkpoint)
            damages.append(damage)
            warn(f'{damage}: resuming from the one before')
        if damages:
            raise ValueError(
                f"no checkpoint in '{path}' is whole, remove them to start "
                f'anew: {"; ".join(damages)}'
            )
        warn(f"no checkpoint in '{path}': training starts anew")
        return None

    # `module` itself, the runner and the package name it.
    rebind(original, find_latest_checkpoint)
    return True


def damage_of(checkpoint: Path) -> str | None:
    """Return what is wrong with a checkpoint, by the checksums within.

    Args:
        checkpoint: A file as ``torch.save`` writes it: a zip archive, with a
            checksum of each tensor.
    """
    try:
        with zipfile.ZipFile(checkpoint) as archive:
            broken = archive.testzip()
    except (OSError, zipfile.BadZipFile) as error:
        return f"'{checkpoint}' is damaged ({error})"
    if broken is not None:
        return f"'{checkpoint}' is damaged (its part {broken})"
    return None


def _newest_first(work_dir: Path) -> list[Path]:
    """Return what the last training saved along the way."""
    named = work_dir / 'last_checkpoint'
    last = Path(named.read_text().strip()) if named.exists() else work_dir
    folder = last.parent if last.is_file() else work_dir
    numbers = {
        path: int(match[1])
        for path in folder.glob('*.pth')
        if (match := NUMBERED.fullmatch(path.name))
    }
    found = sorted(numbers, key=lambda path: numbers[path], reverse=True)
    return found if found or not last.is_file() else [last]
