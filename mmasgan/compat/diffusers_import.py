"""``import mmagic.models`` fails wherever diffusers does not import.

Upstream: ``mmagic/models/archs/__init__.py`` imports an attention layer of
diffusers and wraps all of its models, though only diffusion editors use
them. The newest diffusers does not import on torch below 2.6, with an
``AttributeError`` that MMagic's ``try_import`` lets through.
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
"""What was raised by the statements left out."""


def is_present() -> bool:
    """Whether a statement was left out; known once the module is loaded."""
    return bool(REASONS)


def patch(module: ModuleType, execute: Callable[[], None]) -> bool:
    """Load the architectures that need no diffusers.

    Args:
        module: ``mmagic.models.archs``.
        execute: Used where upstream's statements cannot be run one by one.

    Returns:
        Whether anything was left out.
    """
    if hasattr(module, '__all__'):
        return is_present()  # imported before, so nothing failed
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
