"""A model wrapper given as a class is refused: ``key ... must be a str``.

Upstream: ``Runner.wrap_model`` in ``mmengine/runner/runner.py`` calls
``MODEL_WRAPPERS.get`` with the ``type`` of the wrapper. ``get`` only accepts
names, but pure-Python configs contain classes.
"""

import inspect
from functools import wraps
from importlib import import_module
from types import ModuleType
from typing import Any

MODULES = ('mmengine.runner.runner',)


def is_present() -> bool:
    """Whether the runner calls the registry with a class."""
    runner = import_module(MODULES[0])
    wrap_model = runner.Runner.wrap_model
    # The fork of MMEngine checks for classes first.
    asks = 'isclass' not in wrap_model.__code__.co_names
    return asks and not hasattr(runner.MODEL_WRAPPERS.get, '__wrapped__')


def repair(module: ModuleType) -> None:
    """Let the registry of model wrappers return a class unchanged."""
    registry = module.MODEL_WRAPPERS
    original = registry.get

    @wraps(original)
    def get(key: Any) -> Any:
        return key if inspect.isclass(key) else original(key)

    registry.get = get
