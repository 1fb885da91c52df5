"""``import mmagic.models`` imports all of diffusers, and fails if that fails.

Upstream: ``mmagic/models/archs/__init__.py`` imports an attention layer of
diffusers and wraps all of its models and pipelines, although only diffusion
editors use them. This takes some seconds. The newest diffusers raises an
``AttributeError`` with older versions of torch, which MMagic's ``try_import``
does not catch.
"""

import ast
import sys
from collections.abc import Callable
from importlib import import_module
from logging import WARNING
from types import ModuleType
from typing import Any

from . import editors
from ._imports import assigns, execute_partly, load_on_demand

(ARCHS,) = MODULES = ('mmagic.models.archs',)

LAYER = 'AttentionInjection'
WRAPPED = ('REGISTERED_DIFFUSERS_MODELS', 'REGISTERED_DIFFUSERS_PIPELINES')


def is_present() -> bool:
    """Whether MMagic has wrapped diffusers."""
    return WRAPPED[0] in vars(import_module(ARCHS))


def patch(module: ModuleType, execute: Callable[[], None]) -> bool:
    """Import diffusers when one of its classes is first used.

    Returns whether the module would import diffusers.
    """
    if '__all__' in vars(module):
        return False  # already imported, so nothing failed
    if not execute_partly(module, execute, _needs_diffusers):
        return False
    vars(module)['__getattr__'] = _find
    load_on_demand(import_module('mmagic.registry').MODELS, _wrap_for)
    return True


def _needs_diffusers(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.ImportFrom):
        return statement.module == 'attention_injection'
    return assigns(statement, WRAPPED[0])


def _find(name: str) -> Any:
    """Import what needs diffusers; ``__getattr__`` of the module."""
    if name == LAYER:
        return getattr(import_module(f'{ARCHS}.attention_injection'), name)
    if name not in WRAPPED:
        raise AttributeError(f'module {ARCHS!r} has no attribute {name!r}')
    _wrap()
    return vars(sys.modules[ARCHS])[name]


def _wrap_for(name: str) -> bool:
    return not editors.has_editor(name) and _wrap()


def _wrap() -> bool:
    """Register all models and pipelines of diffusers, once.

    Returns whether there are any.
    """
    archs = sys.modules[ARCHS]
    if WRAPPED[0] in vars(archs):
        return False
    names: Any = None
    try:
        names = archs.register_diffusers_models()
    except Exception as error:  # of a broken package
        from mmengine.logging import print_log

        print_log(
            f'the models of diffusers are not available ({error})',
            logger='current',
            level=WARNING,
        )
    vars(archs).update(zip(WRAPPED, names or ([], []), strict=True))
    return bool(names)
