"""``import mmagic.models`` fails if one of its 61 editors fails.

Upstream: ``mmagic/models/editors/__init__.py`` imports all editors. Some need
the compiled ``mmcv._ext``, others modules of diffusers that were moved in
2024. If one fails, none can be imported, CycleGAN included.
"""

import ast
from collections.abc import Callable
from functools import wraps
from importlib import import_module
from logging import WARNING
from types import ModuleType
from typing import Any

from ._imports import execute_leniently

__all__ = ['MODULES', 'SKIPPED', 'is_present', 'patch', 'skipped_editors']

MODULES = ('mmagic.models.editors',)

SKIPPED: dict[str, str] = {}
"""Error of each skipped editor (a package in ``mmagic/models/editors``)."""

_EDITOR_OF: dict[str, str] = {}
"""Editor of each missing public name."""


def skipped_editors() -> dict[str, str]:
    """Return the error of each skipped editor, by its name.

    The dict is empty until ``mmagic.models`` is imported.
    """
    return dict(SKIPPED)


def is_present() -> bool:
    """Whether an editor was skipped, once the editors are imported."""
    return bool(SKIPPED)


def patch(module: ModuleType, execute: Callable[[], None]) -> bool:
    """Load each editor separately, and skip those that fail.

    Returns whether any editor was skipped.
    """
    if hasattr(module, '__all__'):
        return is_present()  # already imported, so nothing failed
    SKIPPED.clear()
    _EDITOR_OF.clear()
    if not execute_leniently(module, _skip):
        execute()
        return False
    vars(module)['__getattr__'] = _missing
    _explain_in(import_module('mmagic.registry').MODELS)
    return is_present()


def _skip(statement: ast.stmt, error: Exception) -> None:
    if not isinstance(statement, ast.ImportFrom):
        raise error
    editor = str(statement.module)
    SKIPPED[editor] = f'{type(error).__name__}: {error}'
    for alias in statement.names:
        _EDITOR_OF[alias.asname or alias.name] = editor


def _reason(name: str) -> str:
    editor = _EDITOR_OF[name]
    return (
        f'{name} is not available: the MMagic editor {editor!r} could not '
        f'be imported ({SKIPPED[editor]})'
    )


def _missing(name: str) -> Any:
    """Raise an error with the reason; ``__getattr__`` of the module."""
    if name in _EDITOR_OF:
        raise ImportError(_reason(name))
    raise AttributeError(f'module {MODULES[0]!r} has no attribute {name!r}')


def _explain_in(registry: Any) -> None:
    """Let a registry log why a requested editor is missing."""
    original = registry.get

    @wraps(original)
    def get(key: str) -> Any:
        found = original(key)
        name = key.rpartition('.')[2]
        if found is None and name in _EDITOR_OF:
            from mmengine.logging import print_log

            # The error that the caller raises does not contain the reason.
            print_log(_reason(name), logger='current', level=WARNING)
        return found

    if not hasattr(original, '__wrapped__'):
        registry.get = get
