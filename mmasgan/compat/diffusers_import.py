"""``import mmagic.models`` fails if diffusers cannot be imported.

Upstream: ``mmagic/models/archs/__init__.py`` imports an attention layer of
diffusers and wraps all of its models, although only diffusion editors use
them. The newest diffusers raises an ``AttributeError`` with older versions of
torch, which MMagic's ``try_import`` does not catch.
"""

import ast
from collections.abc import Callable
from pathlib import Path
from traceback import extract_tb
from types import ModuleType

from ._imports import execute_leniently

__all__ = ['MODULES', 'REASONS', 'is_present', 'patch']

MODULES = ('mmagic.models.archs',)

REASONS: list[str] = []
"""Errors of the skipped statements."""


def is_present() -> bool:
    """Whether a statement was skipped, once the module is imported."""
    return bool(REASONS)


def patch(module: ModuleType, execute: Callable[[], None]) -> bool:
    """Load the architectures that do not need diffusers.

    Returns whether any statement was skipped.
    """
    if hasattr(module, '__all__'):
        return is_present()  # already imported, so nothing failed
    REASONS.clear()
    if not execute_leniently(module, _skip):
        execute()
    return is_present()


def _skip(statement: ast.stmt, error: Exception) -> None:
    places = [Path(f.filename).parts for f in extract_tb(error.__traceback__)]
    is_missing = getattr(error, 'name', None) == 'diffusers'
    if not is_missing and all('diffusers' not in parts for parts in places):
        raise error
    REASONS.append(f'{type(error).__name__}: {error}')
