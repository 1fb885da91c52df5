"""Parts of a model, given as configs or as modules."""

from typing import Any

from mmengine.model import is_model_wrapper
from torch import nn

from ..registry import MODELS

__all__ = ['Part', 'build_part', 'unwrapped']

Part = dict | nn.Module | None


def build_part(part: Part) -> Any:
    """Build a config; return a module, or None, as it is."""
    return MODELS.build(part) if isinstance(part, dict) else part


def unwrapped(module: Any) -> Any:
    """Return what a distributed wrapper holds, or the module itself."""
    return module.module if is_model_wrapper(module) else module
