"""``MMagicInferencer`` only accepts the models of a fixed list.

Upstream: the accepted names are a class attribute, and ``Inferencers`` selects
one of MMagic's inferencers by a chain of ``if``. Neither looks into MMEngine's
registry ``INFERENCERS``, where other projects register theirs.
"""

from collections.abc import Callable
from functools import wraps
from importlib import import_module
from inspect import signature
from types import ModuleType
from typing import Any

MODULES = ('mmagic.apis.mmagic_inferencer',)
MODELS = {'ascyclegan': 'mmasgan.ASCycleGANInferencer'}
"""Registered inferencers, by the name of the model."""


def is_present() -> bool:
    """Whether ``ascyclegan`` is unknown."""
    inferencer = import_module(MODULES[0]).MMagicInferencer
    return not {*MODELS}.issubset(inferencer.get_inference_supported_models())


def repair(module: ModuleType) -> None:
    """Accept the names of :data:`MODELS`."""
    inferencer = module.MMagicInferencer
    listed = inferencer.get_inference_supported_models
    inferencer.get_inference_supported_models = staticmethod(
        lambda: [*listed(), *MODELS]
    )
    inferencer.__init__ = _with_registered(inferencer.__init__)


def _with_registered(init: Callable) -> Callable:
    @wraps(init)
    def build(self: Any, *args: Any, **kwargs: Any) -> None:
        given = signature(init).bind(self, *args, **kwargs).arguments
        name, device = given.get('model_name'), given.get('device')
        if name not in MODELS:
            init(self, *args, **kwargs)
            return
        from mmengine.registry import INFERENCERS

        self.inferencer = INFERENCERS.build(
            dict(
                type=MODELS[name],
                model=given.get('config_name') or given.get('model_config'),
                weights=given.get('model_ckpt'),
                device=None if device is None else str(device),
            )
        )

    return build
