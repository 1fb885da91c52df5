"""``import mmagic.datasets.transforms`` needs an undeclared albumentations.

Upstream: ``mmagic/datasets/transforms/albu_function.py`` imports it without
condition; MMagic's metadata has it among the optional requirements only.
``mmasgan`` declares it, so this shows only where it was removed.
"""

from collections.abc import Callable
from importlib.util import find_spec
from types import ModuleType

__all__ = ['MODULES', 'REMEDY', 'is_present', 'patch']

MODULES = ('mmagic.datasets.transforms.albu_function',)

REMEDY = 'pip install "albumentations>=1.4"'


def is_present() -> bool:
    """Whether albumentations is missing."""
    return find_spec('albumentations') is None


def patch(module: ModuleType, execute: Callable[[], None]) -> bool:
    """Say what to install where albumentations is missing.

    Args:
        module: ``mmagic.datasets.transforms.albu_function``.
        execute: Runs its code.

    Returns:
        False: where the module imports there was nothing to patch.

    Raises:
        ImportError: If albumentations is missing.
    """
    try:
        execute()
    except ModuleNotFoundError as error:
        if error.name != 'albumentations':
            raise
        raise ImportError(
            f'The transforms of MMagic need albumentations. Run: {REMEDY}'
        ) from error
    return False
