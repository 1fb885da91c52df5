"""``import mmagic`` fails by an assertion with mmcv 2.2 or newer.

Upstream: ``mmagic/__init__.py`` requires mmcv 2.0.0 to below 2.2.0. The
requirement is correct; the error here names the command that fulfils it.
"""

from collections.abc import Callable
from importlib.util import find_spec
from types import ModuleType

MODULES = ('mmagic',)

REMEDY = 'pip install "mmcv-lite<2.2,>=2.1.0"'


def is_present() -> bool:
    """Whether mmcv is missing or has an unsupported version."""
    if find_spec('mmcv') is None:
        return True
    import mmcv

    major, minor = (int(part) for part in mmcv.__version__.split('.')[:2])
    return not (2, 0) <= (major, minor) < (2, 2)


def patch(module: ModuleType, execute: Callable[[], None]) -> bool:
    """Replace the assertion by an error with the command to run.

    Raises:
        ImportError: If mmcv is missing or has an unsupported version.
    """
    try:
        execute()
    except (AssertionError, ModuleNotFoundError) as error:
        if not is_present():
            raise
        raise ImportError(
            f'MMagic needs mmcv 2.0 or 2.1 ({error}). Run: {REMEDY}'
        ) from error
    return False
