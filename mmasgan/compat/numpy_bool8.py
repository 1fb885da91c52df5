"""``import mmagic.utils`` reads ``np.bool8``, which NumPy 2 dropped.

Upstream: ``mmagic/utils/trans_utils.py``, a table with ``np.bool8`` as a key,
read once, while the module is executed.
"""

from collections.abc import Callable
from types import ModuleType

__all__ = ['MODULES', 'is_present', 'patch']

MODULES = ('mmagic.utils.trans_utils',)


def is_present() -> bool:
    """Whether NumPy lacks the name that MMagic reads."""
    import numpy as np

    return not hasattr(np, 'bool8')


def patch(module: ModuleType, execute: Callable[[], None]) -> bool:
    """Lend NumPy the name while MMagic's module is executed.

    Args:
        module: ``mmagic.utils.trans_utils``.
        execute: Runs its code.

    Returns:
        Whether the name was missing.
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
