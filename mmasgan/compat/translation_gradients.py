"""Processes that train MMagic's CycleGAN get different weights.

Upstream: ``CycleGAN`` and ``Pix2Pix`` bypass the distributed wrapper by
``get_module(self.generators)[domain]``. Its ``forward`` is never called, so it
does not average the gradients, and each process trains its own weights.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import wraps
from importlib import import_module
from types import ModuleType
from typing import Any

MODELS = {
    'mmagic.models.editors.cyclegan.cyclegan': 'CycleGAN',
    'mmagic.models.editors.pix2pix.pix2pix': 'Pix2Pix',
}
MODULES = tuple(MODELS)


def is_present() -> bool:
    """Whether a model bypasses the wrapper without averaging gradients."""
    return any(_trains_alone(model_of(import_module(m))) for m in MODULES)


def patch(module: ModuleType, execute: Callable[[], None]) -> bool:
    """Average the gradients after each backward pass of a training step.

    Averaging twice changes nothing, in case a wrapper has done it. It happens
    before unscaling, so that with mixed precision all processes skip the same
    steps.

    Returns whether the model bypassed the wrapper.
    """
    execute()
    model = model_of(module)
    if not _trains_alone(model):
        return False
    original = model.train_step

    @wraps(original)
    def train_step(self: Any, data: dict, optim_wrapper: Any) -> Any:
        with averaged_gradients(optim_wrapper.values()):
            return original(self, data, optim_wrapper)

    model.train_step = train_step
    return True


@contextmanager
def averaged_gradients(wrappers: Iterable[Any]) -> Iterator[None]:
    """Average the gradients of all processes after each backward pass.

    All processes must use the same parameters, as in the same step. This also
    works with gradient accumulation, because the gradients accumulated before
    are equal in all processes.
    """
    from mmengine.dist import all_reduce_params

    def averaging(wrapper: Any, backward: Callable) -> Callable:
        def run(*args: Any, **kwargs: Any) -> None:
            backward(*args, **kwargs)
            groups = wrapper.optimizer.param_groups
            params = (p for group in groups for p in group['params'])
            gradients = [p.grad for p in params if p.grad is not None]
            all_reduce_params(gradients, op='mean')

        return run

    wrappers = list(wrappers)
    for wrapper in wrappers:
        wrapper.backward = averaging(wrapper, wrapper.backward)
    try:
        yield
    finally:
        for wrapper in wrappers:
            del wrapper.backward


def model_of(module: ModuleType) -> Any:
    """Return the translation model of an upstream module."""
    return getattr(module, MODELS[module.__name__])


def _trains_alone(model: Any) -> bool:
    past_wrapper = 'get_module' in model._get_disc_loss.__code__.co_names
    return past_wrapper and not hasattr(model.train_step, '__wrapped__')
