"""A damaged latest checkpoint stops a resume, or is not noticed.

Upstream: ``find_latest_checkpoint`` in ``mmengine/runner/checkpoint.py``
returns the path in the file ``last_checkpoint``. That path may be empty,
missing, outdated because the folder was moved, or that of a truncated or
altered file, because torch does not verify checksums.
"""

import logging
import re
import tempfile
import zipfile
from functools import wraps
from importlib import import_module
from pathlib import Path
from types import ModuleType

from ..utils.atomic_files import remove_leftovers
from ._imports import rebind

MODULES = ('mmengine.runner.checkpoint',)
NUMBERED = re.compile(r'(?:iter|epoch)_(\d+)\.pth')


def is_present() -> bool:
    """Whether the path of a missing file is accepted."""
    find = import_module(MODULES[0]).find_latest_checkpoint
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, 'last_checkpoint').write_text(f'{folder}/iter_1.pth')
        try:
            return find(folder) is not None
        except ValueError:
            return False


def repair(module: ModuleType) -> None:
    """Use the latest intact checkpoint, and report damaged ones."""
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
            warn(f'{damage}: using the previous checkpoint')
        if damages:
            raise ValueError(
                f"all checkpoints in '{path}' are damaged; remove them to "
                f'start a new training: {"; ".join(damages)}'
            )
        warn(f"no checkpoint in '{path}': starting a new training")
        return None

    rebind(original, find_latest_checkpoint)


def damage_of(checkpoint: Path) -> str | None:
    """Verify the checksums in a checkpoint; return a problem or None."""
    try:
        with zipfile.ZipFile(checkpoint) as archive:
            broken = archive.testzip()
    except (OSError, zipfile.BadZipFile) as error:
        return f"'{checkpoint}' is damaged ({error})"
    if broken is not None:
        return f"'{checkpoint}' is damaged ({broken})"
    return None


def _newest_first(work_dir: Path) -> list[Path]:
    """Return the checkpoints of the last training."""
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
