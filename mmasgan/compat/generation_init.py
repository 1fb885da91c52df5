"""Initialising MMagic's CycleGAN fails: ``UnboundLocalError: init_info``.

Upstream: ``generation_init_weights`` in ``mmagic/models/utils/model_utils.py``
reports the initialisation of each module, also of those without weights.
"""

from functools import wraps
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

from ._imports import rebind

if TYPE_CHECKING:
    from torch import nn

MODULES = ('mmagic.models.utils.model_utils',)

_INFO = '_params_init_info'


def is_present() -> bool:
    """Whether a module without weights makes the function fail."""
    from torch import nn

    probe = nn.Identity()
    setattr(probe, _INFO, {})
    try:
        import_module(MODULES[0]).generation_init_weights(probe)
    except UnboundLocalError:
        return True
    return False


def repair(module: ModuleType) -> None:
    """Report once for the whole module, after the weights are set."""
    original = module.generation_init_weights

    @wraps(original)
    def generation_init_weights(
        module: 'nn.Module', init_type: str = 'normal', init_gain: float = 0.02
    ) -> None:
        # Upstream only reports modules with this attribute.
        infos = [
            (part, part.__dict__.pop(_INFO))
            for part in module.modules()
            if _INFO in part.__dict__
        ]
        try:
            original(module, init_type, init_gain)
        finally:
            for part, info in infos:
                setattr(part, _INFO, info)
        if hasattr(module, _INFO):
            from mmengine.model.weight_init import update_init_info

            update_init_info(
                module, f'Initialized by generation_init_weights({init_type})'
            )

    rebind(original, generation_init_weights)
