"""``import mmagic.utils`` uses ``np.bool8``, which NumPy 2 removed.

Upstream: ``mmagic/utils/trans_utils.py`` has ``np.bool8`` in a table.
"""

from collections.abc import Callable
from types import ModuleType

MODULES = ('mmagic.utils.trans_utils',)


def is_present() -> bool:
    """Whether NumPy has no ``bool8``."""
    import numpy as np

    return not hasattr(np, 'bool8')


def patch(module: ModuleType, execute: Callable[[], None]) -> bool:
    """Define ``np.bool8`` while the module is executed.

    Returns whether ``np.bool8`` was missing.
    """
    if not is_present():
        execute()
        return False
    import numpy as np

    np.bool8 = np.bool_  # type: ignore[attr-defined]
    try:
        execute()
    finally:
        del np.bool8  # type: ignore[attr-defined]
    return True
