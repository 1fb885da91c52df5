"""A pure-Python config cannot ``import os`` on Python 3.11 and later.

Upstream: ``_is_builtin_module`` in ``mmengine/config/utils.py`` recognises the
standard library by its path. Since Python 3.11, ``os`` and other modules are
frozen and have no path, so they become lazy objects, and using them fails.
"""

import sys
from functools import wraps
from importlib import import_module
from types import ModuleType

from ._imports import rebind

MODULES = ('mmengine.config.utils',)


def is_present() -> bool:
    """Whether ``os`` is not recognised."""
    return not import_module(MODULES[0])._is_builtin_module('os')


def repair(module: ModuleType) -> None:
    """Use Python's list of names of the standard library."""
    original = module._is_builtin_module

    @wraps(original)
    def _is_builtin_module(module_name: str) -> bool:
        package = module_name.partition('.')[0]
        return package in sys.stdlib_module_names or original(module_name)

    rebind(original, _is_builtin_module)
