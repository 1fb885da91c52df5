"""``import mmagic.datasets.transforms`` needs an undeclared albumentations.

Upstream: ``mmagic/datasets/transforms/albu_function.py`` always imports it,
but it is an optional requirement of MMagic. ``mmasgan`` requires it, so this
only occurs after it was uninstalled.
"""

from collections.abc import Callable
from importlib.util import find_spec
from types import ModuleType

MODULES = ('mmagic.datasets.transforms.albu_function',)

REMEDY = 'pip install "albumentations>=1.4"'


def is_present() -> bool:
    """Whether albumentations is missing."""
    return find_spec('albumentations') is None


def patch(module: ModuleType, execute: Callable[[], None]) -> bool:
    """Raise an error with the command to install albumentations.

    Raises:
        ImportError: If albumentations is missing.
    """
    try:
        execute()
    except ModuleNotFoundError as error:
        if error.name != 'albumentations':
            raise
        raise ImportError(
            f'MMagic needs albumentations for its transforms. Run: {REMEDY}'
        ) from error
    return False
