"""``import mmengine.optim`` imports all of transformers for one optimiser.

Upstream: ``mmengine/optim/optimizer/builder.py`` registers ``Adafactor`` of
transformers if it is installed; MMagic requires it. This takes one to two
seconds, in every process.
"""

import sys
from collections.abc import Callable
from importlib import import_module
from types import ModuleType

from ._imports import assigns, execute_partly, load_on_demand

(BUILDER,) = MODULES = ('mmengine.optim.optimizer.builder',)
NAME = 'TRANSFORMERS_OPTIMIZERS'


def is_present() -> bool:
    """Whether MMEngine has registered the optimiser."""
    return bool(vars(import_module(BUILDER)).get(NAME))


def patch(module: ModuleType, execute: Callable[[], None]) -> bool:
    """Import transformers when ``Adafactor`` is first asked for.

    Returns whether the module would import transformers.
    """
    if NAME in vars(module):
        return False  # already imported
    if not execute_partly(module, execute, lambda node: assigns(node, NAME)):
        return False
    vars(module)[NAME] = []
    load_on_demand(module.OPTIMIZERS, _register)
    return True


def _register(name: str) -> bool:
    builder = sys.modules[BUILDER]
    if name != 'Adafactor' or vars(builder)[NAME]:
        return False
    vars(builder)[NAME] = builder.register_transformers_optimizers()
    return bool(vars(builder)[NAME])
