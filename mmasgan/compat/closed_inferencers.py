"""``MMagicInferencer`` takes no model but those of its own list.

Upstream: the names that it knows are written down in a class attribute, and
``Inferencers`` chooses among MMagic's inferencers by a chain of ``if``. Other
projects register theirs in MMEngine's ``INFERENCERS``, which neither asks.
"""

from collections.abc import Callable
from functools import wraps
from importlib import import_module
from types import ModuleType
from typing import Any

__all__ = ['MODELS', 'MODULES', 'is_present', 'patch']

MODULES = ('mmagic.apis.mmagic_inferencer',)
MODELS = {'ascyclegan': 'mmasgan.ASCycleGANInferencer'}
"""Registered inferencers, by the name that a user gives."""


def is_present() -> bool:
    """Whether our model is unknown there."""
    return _is_closed(import_module(MODULES[0]))


def patch(module: ModuleType, execute: Callable[[], None]) -> bool:
    """Let the names of :data:`MODELS` stand for registered inferencers.

    Args:
        module: The module of ``MMagicInferencer``.
        execute: Runs its code.

    Returns:
        Whether they were unknown.
    """
    execute()
    if not _is_closed(module):
        return False
    inferencer = module.MMagicInferencer
    listed = inferencer.get_inference_supported_models
    inferencer.get_inference_supported_models = staticmethod(
        lambda: [*listed(), *MODELS]
    )
    inferencer.__init__ = _with_registered(inferencer.__init__)
    return True


def _with_registered(init: Callable) -> Callable:
    @wraps(init)
    def build(
        self: Any,
        model_name: str | None = None,
        model_setting: int | None = None,
        config_name: str | None = None,
        model_config: Any = None,
        model_ckpt: str | None = None,
        device: Any = None,
        *args: Any,
        **kwargs: Any,
    ) -> None:
        if model_name not in MODELS:
            init(
                self,
                model_name,
                model_setting,
                config_name,
                model_config,
                model_ckpt,
                device,
                *args,
                **kwargs,
            )
            return
        from mmengine.registry import INFERENCERS

        self.inferencer = INFERENCERS.build(
            dict(
                type=MODELS[model_name],
                model=config_name or model_config,
                weights=model_ckpt,
                device=None if device is None else str(device),
            )
        )

    return build


def _is_closed(module: ModuleType) -> bool:
    known = module.MMagicInferencer.get_inference_supported_models()
    return not set(MODELS) <= set(known)
