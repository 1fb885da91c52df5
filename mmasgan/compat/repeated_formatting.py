"""A config is formatted at each save, which takes up to a second.

Upstream: ``Config.pretty_text`` in ``mmengine/config/config.py`` runs YAPF,
which is slow for long paths. A runner calls it about five times at the start
and once per checkpoint.
"""

from functools import wraps
from importlib import import_module
from types import ModuleType
from typing import Any

MODULES = ('mmengine.config.config',)


def is_present() -> bool:
    """Whether YAPF is called without a cache."""
    formatter = getattr(import_module(MODULES[0]), 'FormatCode', None)
    return formatter is not None and not hasattr(formatter, '__wrapped__')


def repair(module: ModuleType) -> None:
    """Cache the last formatted text."""
    original = module.FormatCode
    last_call, formatted = None, None

    @wraps(original)
    def format_once(*args: Any, **kwargs: Any) -> Any:
        nonlocal last_call, formatted
        if last_call != (args, kwargs):
            formatted = original(*args, **kwargs)
            last_call = args, kwargs
        return formatted

    vars(module)['FormatCode'] = format_once
