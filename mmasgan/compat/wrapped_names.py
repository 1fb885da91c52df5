"""What several processes save, no model loads: ``generators.module.sharp...``.

Upstream: ``MMSeparateDistributedDataParallel`` wraps the parts of a model, and
``Runner.save_checkpoint`` saves them under the names of the wrappers. Loading
expects the names without; MMEngine warns of it, and goes on with weights that
were not loaded, in a test as in a training that resumes.
"""

from collections.abc import Callable
from functools import wraps
from importlib import import_module
from types import ModuleType
from typing import Any

__all__ = ['MODULES', 'is_present', 'patch']

MODULES = ('mmengine.model.wrappers.seperate_distributed',)
WRAPPER = 'MMSeparateDistributedDataParallel'
INFIX = 'module.'


def is_present() -> bool:
    """Whether parts are wrapped without a care for their names."""
    wrapper = getattr(import_module(MODULES[0]), WRAPPER)
    return not hasattr(wrapper.__init__, '__wrapped__')


def patch(module: ModuleType, execute: Callable[[], None]) -> bool:
    """Let the wrappers of parts save and load without their own name.

    MMEngine's loading passes wrappers by, PyTorch's asks them: both find what
    they expect.

    Args:
        module: ``mmengine.model.wrappers.seperate_distributed``.
        execute: Runs its code.

    Returns:
        True.
    """
    execute()
    wrapper = getattr(module, WRAPPER)
    original = wrapper.__init__

    @wraps(original)
    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        for part in self.module.children():
            if isinstance(part, module.DistributedDataParallel):
                part._register_state_dict_hook(_leave_out)
                # Public since torch 2.5 only.
                part._register_load_state_dict_pre_hook(_put_in, True)

    wrapper.__init__ = init
    return True


def _leave_out(part: Any, state: dict, prefix: str, *_: Any) -> None:
    _rename(state, prefix + INFIX, prefix)


def _put_in(part: Any, state: dict, prefix: str, *_: Any) -> None:
    _rename(state, prefix, prefix + INFIX)


def _rename(state: dict, old: str, new: str) -> None:
    for name in [name for name in state if name.startswith(old)]:
        state[new + name.removeprefix(old)] = state.pop(name)
    metadata = getattr(state, '_metadata', {})
    for name in [name for name in metadata if f'{name}.'.startswith(old)]:
        renamed = new + f'{name}.'.removeprefix(old)
        metadata[renamed[:-1]] = metadata.pop(name)
