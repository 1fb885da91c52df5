"""A training starts with warnings that do not concern the user.

Upstream: MMEngine warns about its own deprecated ``FileClient`` and
``HardDiskBackend``, which its ``CheckpointHook`` uses, and about metrics
without a prefix, which MMagic's do not need. MMagic warns about its own
``Evaluator`` if a config contains the class in place of its name.
"""

from functools import wraps
from importlib import import_module
from types import ModuleType
from typing import Any

from ._imports import rebind

MODULES = ('mmengine.logging.logger',)
IDLE = (
    '"FileClient" will be deprecated in future.',
    '"HardDiskBackend" is the alias of "LocalBackend"',
    'The prefix is not set in metric class ',
    'Evaluator type for current config is '
    "'<class 'mmagic.evaluation.evaluator.Evaluator'>'",
)


def is_present() -> bool:
    """Whether these messages are printed."""
    return not hasattr(import_module(MODULES[0]).print_log, '__wrapped__')


def repair(module: ModuleType) -> None:
    """Suppress messages that start with one of ``IDLE``."""
    original = module.print_log

    @wraps(original)
    def print_log(msg: Any, *args: Any, **kwargs: Any) -> None:
        if not str(msg).startswith(IDLE):
            original(msg, *args, **kwargs)

    vars(module)['print_log'] = print_log
    rebind(original, print_log)
