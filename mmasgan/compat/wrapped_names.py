"""Checkpoints of several processes cannot be loaded, because of their names.

Upstream: ``MMSeparateDistributedDataParallel`` wraps the parts of a model, and
``Runner.save_checkpoint`` saves names such as ``generators.module.sharp...``.
Loading expects names without ``module``: MMEngine only warns, and continues
with random weights, in tests as well as in resumed trainings.
"""

from functools import wraps
from importlib import import_module
from types import ModuleType
from typing import Any

MODULES = ('mmengine.model.wrappers.seperate_distributed',)
WRAPPER = 'MMSeparateDistributedDataParallel'
INFIX = 'module.'


def is_present() -> bool:
    """Whether the names of wrapped parts contain ``module``."""
    wrapper = getattr(import_module(MODULES[0]), WRAPPER)
    return not hasattr(wrapper.__init__, '__wrapped__')


def repair(module: ModuleType) -> None:
    """Save and load wrapped parts without ``module`` in the names.

    This works for MMEngine's loading, which bypasses wrappers, and for
    PyTorch's.
    """
    wrapper = getattr(module, WRAPPER)
    original = wrapper.__init__

    @wraps(original)
    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        for part in self.module.children():
            if isinstance(part, module.DistributedDataParallel):
                part._register_state_dict_hook(_remove_infix)
                # Private: the public name is new in torch 2.5.
                part._register_load_state_dict_pre_hook(_add_infix, True)

    wrapper.__init__ = init


def _remove_infix(part: Any, state: dict, prefix: str, *_: Any) -> None:
    _rename(state, prefix + INFIX, prefix)


def _add_infix(part: Any, state: dict, prefix: str, *_: Any) -> None:
    _rename(state, prefix, prefix + INFIX)


def _rename(state: dict, old: str, new: str) -> None:
    for name in [name for name in state if name.startswith(old)]:
        state[new + name.removeprefix(old)] = state.pop(name)
    metadata = getattr(state, '_metadata', {})
    for name in [name for name in metadata if f'{name}.'.startswith(old)]:
        renamed = new + f'{name}.'.removeprefix(old)
        metadata[renamed[:-1]] = metadata.pop(name)
