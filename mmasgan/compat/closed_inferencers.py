"""``MMagicInferencer`` only accepts the models of a fixed list.

Upstream: the accepted names are a class attribute, and ``Inferencers`` selects
one of MMagic's inferencers by a chain of ``if``. Neither looks into MMEngine's
registry ``INFERENCERS``, where other projects register theirs.
"""

from collections.abc import Callable
from functools import wraps
from importlib import import_module
from types import ModuleType
from typing import Any

__all__ = ['MODELS', 'MODULES', 'is_present', 'patch']

MODULES = ('mmagic.apis.mmagic_inferencer',)
MODELS = {'ascyclegan': 'mmasgan.ASCycleGANInferencer'}
"""Registered inferencers, by the name of the model."""


def is_present() -> bool:
    """Whether ``ascyclegan`` is unknown."""
    return _is_closed(import_module(MODULES[0]))


def patch(module: ModuleType, execute: Callable[[], None]) -> bool:
    """Accept the names of :data:`MODELS`.

    Returns whether the names were unknown.
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
