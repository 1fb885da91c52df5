"""A training begins with warnings that its user can do nothing about.

Upstream: MMEngine warns of its own deprecated ``FileClient`` and
``HardDiskBackend`` when its ``CheckpointHook`` uses them, and of each metric
without a prefix, which MMagic's metrics do not need; MMagic warns of its own
``Evaluator`` where a config has the class and not its name.
"""

from collections.abc import Callable
from functools import wraps
from importlib import import_module
from types import ModuleType
from typing import Any

from ._imports import rebind

__all__ = ['MODULES', 'is_present', 'patch']

MODULES = ('mmengine.logging.logger',)
IDLE = (
    '"FileClient" will be deprecated in future.',
    '"HardDiskBackend" is the alias of "LocalBackend"',
    'The prefix is not set in metric class ',
    'Evaluator type for current config is '
    "'<class 'mmagic.evaluation.evaluator.Evaluator'>'",
)


def is_present() -> bool:
    """Whether all messages are printed."""
    return not hasattr(import_module(MODULES[0]).print_log, '__wrapped__')


def patch(module: ModuleType, execute: Callable[[], None]) -> bool:
    """Print no message that begins as one of ``IDLE``.

    Args:
        module: ``mmengine.logging.logger``.
        execute: Runs its code.

    Returns:
        Whether they were printed.
    """
    execute()
    original = module.print_log
    if hasattr(original, '__wrapped__'):
        return False

    @wraps(original)
    def print_log(msg: Any, *args: Any, **kwargs: Any) -> None:
        if not str(msg).startswith(IDLE):
            original(msg, *args, **kwargs)

    vars(module)['print_log'] = print_log
    rebind(original, print_log)
    return True
