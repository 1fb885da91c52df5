"""Scoring MMagic's CycleGAN fails: ``KeyError: 'output'``.

Upstream: MMagic's sample-wise metrics (PSNR, SSIM, MAE) need
``sample.output.pred_img``, but ``CycleGAN`` and ``Pix2Pix`` only return
``fake_<domain>``.
"""

from collections.abc import Callable
from functools import wraps
from importlib import import_module
from types import ModuleType
from typing import Any

from .translation_gradients import MODULES, model_of


def is_present() -> bool:
    """Whether a model does not return ``output``."""
    return any(_lacks_output(model_of(import_module(m))) for m in MODULES)


def patch(module: ModuleType, execute: Callable[[], None]) -> bool:
    """Add ``output`` with the image of the model's default domain.

    Returns whether ``output`` was missing.
    """
    execute()
    model = model_of(module)
    if not _lacks_output(model):
        return False
    model.val_step = _with_output(model.val_step)
    model.test_step = _with_output(model.test_step)
    return True


def _with_output(step: Callable) -> Callable:
    @wraps(step)
    def run(self: Any, data: dict) -> list:
        from mmagic.structures import DataSample

        samples = step(self, data)
        for sample in samples:
            image = sample.get(f'fake_{self._default_domain}')
            if image is not None and 'output' not in sample:
                sample.output = DataSample(pred_img=image)
        return samples

    return run


def _lacks_output(model: Any) -> bool:
    step = model.val_step
    names = step.__code__.co_names
    return 'output' not in names and not hasattr(step, '__wrapped__')
