"""Resuming fails on torch 2.6 and later: ``HistoryBuffer`` is refused.

Upstream: ``mmengine/runner/checkpoint.py`` calls ``torch.load``, which since
torch 2.6 builds only types known to be harmless, while MMEngine's checkpoints
also hold its log buffers, that is ``HistoryBuffer`` around NumPy arrays.
"""

import io
import pickle
import warnings
from collections.abc import Callable
from types import ModuleType
from typing import Any

__all__ = ['MODULES', 'harmless_types', 'is_present', 'mend']

MODULES = ('mmengine.runner.checkpoint',)

_STATISTICS = ('min', 'max', 'mean', 'current')


def harmless_types() -> list[Any]:
    """Return what MMEngine's own checkpoints hold besides tensors.

    All are plain data: to rebuild them runs no code of the file's choice.
    """
    import numpy as np
    from mmengine.logging import HistoryBuffer

    array = np.empty(0).__reduce__()[0]
    scalar = np.float64(0).__reduce__()[0]
    numbers = ('float64', 'float32', 'int64', 'int32', 'bool')
    return [
        HistoryBuffer,  # the scalars of the message hub
        _under('builtins.getattr', _statistic),
        np.ndarray,  # what a HistoryBuffer holds
        np.dtype,
        *(type(np.dtype(number)) for number in numbers),
        # Values of metrics are NumPy scalars, the best so far is saved. The
        # module of both functions has a new name since NumPy 2; a checkpoint
        # may come from either side of that.
        *(
            _under(f'numpy.{core}.multiarray._reconstruct', array)
            for core in ('core', '_core')
        ),
        *(
            _under(f'numpy.{core}.multiarray.scalar', scalar)
            for core in ('core', '_core')
        ),
    ]


def is_present() -> bool:
    """Whether ``torch.load`` refuses a log buffer."""
    import torch
    from mmengine.logging import HistoryBuffer

    file = io.BytesIO()
    torch.save(HistoryBuffer([1.0], [1]), file)
    file.seek(0)
    with warnings.catch_warnings():
        # Before 2.6 torch checks nothing by default, and says so.
        warnings.simplefilter('ignore', FutureWarning)
        try:
            torch.load(file)
        except pickle.UnpicklingError:
            return True
    return False


def mend(module: ModuleType, execute: Callable[[], None]) -> bool:
    """Add those types, and no others, to what torch takes for harmless.

    Args:
        module: ``mmengine.runner.checkpoint``.
        execute: Runs its code.

    Returns:
        Whether they were refused.
    """
    execute()
    if not is_present():
        return False
    from torch.serialization import add_safe_globals

    add_safe_globals(harmless_types())
    return True


def _statistic(owner: Any, name: str) -> Any:
    """Stand in for ``getattr``, which would give access to too much.

    A ``HistoryBuffer`` is saved together with its methods ``min``, ``max``,
    ``mean`` and ``current``; the file names them by way of ``getattr``.
    """
    from mmengine.logging import HistoryBuffer

    if owner is not HistoryBuffer or name not in _STATISTICS:
        raise pickle.UnpicklingError(
            f'refused to read {name!r} of {owner!r} for a checkpoint'
        )
    return getattr(HistoryBuffer, name)


def _under(path: str, function: Any) -> Any:
    """Return a function that torch knows by the given path."""

    def stand_in(*args: Any) -> Any:
        return function(*args)

    stand_in.__module__, _, name = path.rpartition('.')
    stand_in.__name__ = stand_in.__qualname__ = name
    return stand_in
