"""``import mmagic.models`` imports 61 editors, and fails if one of them fails.

Upstream: ``mmagic/models/editors/__init__.py`` imports all editors. This takes
some seconds. Some editors need the compiled ``mmcv._ext``, others modules of
diffusers that were moved in 2024. If one fails, none can be imported, CycleGAN
included.
"""

import ast
import sys
from collections.abc import Callable
from importlib import import_module
from logging import WARNING
from types import ModuleType
from typing import Any

from ._imports import assigns, execute_partly, load_on_demand

MODELS, EDITORS = MODULES = ('mmagic.models', 'mmagic.models.editors')

SKIPPED: dict[str, str] = {}
"""Error of each failed editor, a package in ``mmagic/models/editors``."""

_EDITOR_OF: dict[str, str] = {}
"""Editor of each public name."""

_loaded: set[str] = set()


def skipped_editors() -> dict[str, str]:
    """Load all editors, and return the error of each that fails, by its name.

    The dict is empty until ``mmagic.models`` is imported.
    """
    _load_all()
    return dict(SKIPPED)


def has_editor(name: str) -> bool:
    """Return whether an editor exports a name."""
    return name in _EDITOR_OF


def is_present() -> bool:
    """Whether MMagic imports all editors at once, unpatched."""
    return EDITORS in sys.modules


def patch(module: ModuleType, execute: Callable[[], None]) -> bool:
    """Load each editor when it is first used.

    Returns whether the module would import the editors.
    """
    if '__all__' in vars(module):
        return False  # already imported, so nothing failed
    is_list = module.__name__ == EDITORS
    left_out = execute_partly(
        module, execute, _is_of_list if is_list else _imports_list
    )
    if not left_out:
        return False
    if is_list:
        SKIPPED.clear()
        _EDITOR_OF.clear()
        _loaded.clear()
        for statement in left_out:
            if isinstance(statement, ast.ImportFrom):
                for alias in statement.names:
                    _EDITOR_OF[alias.name] = str(statement.module)
        vars(module)['__getattr__'] = _find
        load_on_demand(import_module('mmagic.registry').MODELS, _load_for)
    else:
        import_module(EDITORS)
        vars(module)['__getattr__'] = _find_in_models
    return True


def _is_of_list(statement: ast.stmt) -> bool:
    """Whether a statement imports an editor, or is the list of their names."""
    if isinstance(statement, ast.ImportFrom):
        return statement.level == 1
    return assigns(statement, '__all__')


def _imports_list(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.ImportFrom)
        and statement.module == 'editors'
        and statement.level == 1
    )


def _find(name: str) -> Any:
    """Load the editor of a name; ``__getattr__`` of the editors."""
    editors = sys.modules[EDITORS]
    if name == '__all__':
        _load_all()
        return [name for name in _EDITOR_OF if name in vars(editors)]
    if name in _EDITOR_OF.values():
        return import_module(f'{EDITORS}.{name}')
    if name not in _EDITOR_OF:
        raise AttributeError(f'module {EDITORS!r} has no attribute {name!r}')
    _load(_EDITOR_OF[name])
    if name not in vars(editors):
        raise ImportError(_reason(name))
    return vars(editors)[name]


def _find_in_models(name: str) -> Any:
    """Load the editor of a name; ``__getattr__`` of ``mmagic.models``."""
    if name in _EDITOR_OF:
        return _find(name)
    raise AttributeError(f'module {MODELS!r} has no attribute {name!r}')


def _load(editor: str) -> bool:
    """Load an editor; return whether this is the first attempt."""
    if editor in _loaded:
        return False
    _loaded.add(editor)
    try:
        module = import_module(f'{EDITORS}.{editor}')
        for name in (name for name, of in _EDITOR_OF.items() if of == editor):
            vars(sys.modules[EDITORS])[name] = getattr(module, name)
    except Exception as error:
        SKIPPED[editor] = f'{type(error).__name__}: {error}'
    return True


def _load_all() -> bool:
    editors = dict.fromkeys(_EDITOR_OF.values())
    return sum(map(_load, editors)) > 0


def _load_for(name: str) -> bool:
    """Load the editor that exports a name, or all of them."""
    if name not in _EDITOR_OF:
        return _load_all()
    is_new = _load(_EDITOR_OF[name])
    if _EDITOR_OF[name] in SKIPPED:
        from mmengine.logging import print_log

        # The error that the caller raises does not contain the reason.
        print_log(_reason(name), logger='current', level=WARNING)
    return is_new


def _reason(name: str) -> str:
    editor = _EDITOR_OF[name]
    return (
        f'{name} is not available: the MMagic editor {editor!r} could not '
        f'be imported ({SKIPPED[editor]})'
    )
