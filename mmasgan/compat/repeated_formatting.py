"""A config is formatted anew at each save, a second with long paths in it.

Upstream: ``Config.pretty_text`` in ``mmengine/config/config.py`` runs YAPF,
which searches among ways to break lines. A runner asks for it some five times
at its start and once a checkpoint.
"""

from collections.abc import Callable
from functools import wraps
from importlib import import_module
from types import ModuleType
from typing import Any

__all__ = ['MODULES', 'is_present', 'patch']

MODULES = ('mmengine.config.config',)


def is_present() -> bool:
    """Whether YAPF is called without a memory."""
    formatter = getattr(import_module(MODULES[0]), 'FormatCode', None)
    return formatter is not None and not hasattr(formatter, '__wrapped__')


def patch(module: ModuleType, execute: Callable[[], None]) -> bool:
    """Format a text that was the last to be formatted no more.

    Args:
        module: ``mmengine.config.config``.
        execute: Runs its code.

    Returns:
        Whether texts were formatted again.
    """
    execute()
    if not is_present():
        return False
    original = module.FormatCode
    asked, formatted = None, None

    @wraps(original)
    def format_once(*args: Any, **kwargs: Any) -> Any:
        nonlocal asked, formatted
        if asked != (args, kwargs):
            formatted = original(*args, **kwargs)
            asked = args, kwargs
        return formatted

    vars(module)['FormatCode'] = format_once
    return True
