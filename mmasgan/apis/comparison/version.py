"""Which code computed a result, with what, on what."""

import os
import platform
import subprocess
from functools import cache
from importlib.metadata import version
from pathlib import Path

import torch

from ... import __version__

__all__ = ['code_version', 'machine']

ROOT = Path(__file__).parents[3]
PACKAGES = ('mmasgan', 'torch', 'numpy', 'mmengine', 'mmagic')


@cache
def code_version() -> str:
    """Return the commit of this code, or its version where there is none.

    The commit ends in ``+dirty`` if files differ from it.
    """
    release = f'release {__version__}'
    if not (ROOT / '.git').exists():
        return release

    def git(*arguments: str) -> str:
        command = ['git', '-C', str(ROOT), *arguments]
        return subprocess.run(
            command, capture_output=True, text=True, check=True
        ).stdout.strip()

    try:
        commit = git('rev-parse', '--short=12', 'HEAD')
        return commit + ('+dirty' if git('status', '--porcelain') else '')
    except (OSError, subprocess.CalledProcessError):
        return release


def machine() -> dict[str, str]:
    """Return the device and the versions of what matters."""
    if torch.cuda.is_available():
        device = torch.cuda.get_device_name()
    else:
        device = (
            f'CPU {platform.machine()}, {torch.get_num_threads()} of '
            f'{os.cpu_count()} threads'
        )
    versions = {name: version(name) for name in PACKAGES}
    return {'device': device, 'python': platform.python_version(), **versions}
