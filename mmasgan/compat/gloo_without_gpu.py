"""Several processes cannot train on a machine without a GPU.

Upstream: ``init_dist`` in ``mmengine/dist/utils.py`` calls
``torch.cuda.set_device`` for every backend, and ``Runner.wrap_model`` passes
``device_ids`` to ``MMDistributedDataParallel``, which is invalid for a module
on the CPU.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from importlib import import_module
from logging import WARNING
from types import ModuleType
from typing import Any

from ._imports import rebind

MODULES = ('mmengine.dist.utils', 'mmengine.model.wrappers.distributed')


def is_present() -> bool:
    """Whether there is no accelerator, and upstream needs one."""
    from mmengine.device import get_device

    init_dist = import_module(MODULES[0]).init_dist
    return get_device() == 'cpu' and not hasattr(init_dist, '__wrapped__')


def patch(module: ModuleType, execute: Callable[[], None]) -> bool:
    """Set no device on machines without one.

    Returns whether the machine lacks an accelerator.
    """
    execute()
    from mmengine.device import get_device

    if get_device() != 'cpu':
        return False
    if module.__name__ == MODULES[0]:
        _patch_init_dist(module)
    else:
        _patch_wrapper(module.MMDistributedDataParallel)
    return True


def _patch_init_dist(module: ModuleType) -> None:
    original = module.init_dist

    @wraps(original)
    def init_dist(launcher: str, backend: str = 'nccl', **kwargs: Any) -> None:
        with _no_device_to_set():
            if backend != 'nccl':
                original(launcher, backend, **kwargs)
                return
            original(launcher, 'gloo', **kwargs)
        from mmengine.dist import is_main_process
        from mmengine.logging import print_log

        if is_main_process():
            print_log(
                'No GPU found: processes communicate by gloo, not nccl.',
                logger='current',
                level=WARNING,
            )

    rebind(original, init_dist)


@contextmanager
def _no_device_to_set() -> Iterator[None]:
    import torch

    original = torch.cuda.set_device
    torch.cuda.set_device = lambda device: None
    try:
        yield
    finally:
        torch.cuda.set_device = original


def _patch_wrapper(wrapper: Any) -> None:
    original = wrapper.__init__

    @wraps(original)
    def __init__(self: Any, module: Any, *args: Any, **kwargs: Any) -> None:
        if all(p.device.type == 'cpu' for p in module.parameters()):
            kwargs.pop('device_ids', None)
        original(self, module, *args, **kwargs)

    wrapper.__init__ = __init__
