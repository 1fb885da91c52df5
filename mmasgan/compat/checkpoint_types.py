"""Resuming fails on torch 2.6 and later: ``HistoryBuffer`` is refused.

Upstream: ``mmengine/runner/checkpoint.py`` calls ``torch.load``, which since
torch 2.6 only accepts allowed types. MMEngine's checkpoints also contain log
buffers, which are ``HistoryBuffer`` objects with NumPy arrays.
"""

import pickle
from functools import wraps
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any

MODULES = ('mmengine.runner.checkpoint',)


def is_present() -> bool:
    """Whether MMEngine's loader refuses a log buffer."""
    import torch
    from mmengine.logging import HistoryBuffer

    loader = import_module(MODULES[0]).CheckpointLoader
    with TemporaryDirectory() as folder:
        path = Path(folder, 'buffer.pth')
        torch.save(HistoryBuffer([1.0], [1]), path)
        try:
            loader.load_checkpoint(str(path), logger='silent')
        except pickle.UnpicklingError:
            return True
    return False


def repair(module: ModuleType) -> None:
    """Allow log buffers in MMEngine's loader only."""
    from torch.serialization import safe_globals

    from ..utils.plain_pickle import history_types

    original = module.CheckpointLoader.load_checkpoint.__func__
    types = history_types()

    @wraps(original)
    def load_checkpoint(cls: type, *args: Any, **kwargs: Any) -> Any:
        with safe_globals(types):
            return original(cls, *args, **kwargs)

    module.CheckpointLoader.load_checkpoint = classmethod(load_checkpoint)
