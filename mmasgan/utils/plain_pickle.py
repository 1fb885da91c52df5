"""Safe unpickling of the log buffers in MMEngine's checkpoints.

NumPy's functions for unpickling do not validate the file: wrong object
pointers, lengths or strides crash the process. ``torch.load`` uses the
functions of this file in their place.
"""

import pickle
import re
from math import prod
from typing import Any

import numpy as np

__all__ = ['history_types', 'skipped_types']

HISTORY = 'mmengine.logging.history_buffer.HistoryBuffer'
STATISTICS = ('min', 'max', 'mean', 'current')
KINDS = re.compile(r'b1|[iu][1248]|f[248]')  # no objects
# NumPy 2 renamed the module of both functions.
CORES = ('numpy.core.multiarray', 'numpy._core.multiarray')


class PlainKind:
    """Replacement of ``numpy.dtype``."""

    def __init__(self, code: Any, *options: Any) -> None:
        if not isinstance(code, str) or not KINDS.fullmatch(code):
            raise pickle.UnpicklingError(f'refused an array of {code!r}')
        self.dtype = np.dtype(code)

    def __setstate__(self, state: Any) -> None:
        order = state[1]
        if order not in ('<', '>', '=', '|'):
            raise pickle.UnpicklingError(f'refused byte order {order!r}')
        self.dtype = self.dtype.newbyteorder(order)


class PlainArray(np.ndarray):
    """Replacement of ``numpy.ndarray``; its objects are pickled as arrays."""

    def __new__(cls, *_: Any) -> 'PlainArray':
        """Return an empty array."""
        return super().__new__(cls, (0,), np.int8)

    def __setstate__(self, state: Any) -> None:
        _, shape, kind, is_fortran, data = state
        if (
            not isinstance(kind, PlainKind)
            or not isinstance(data, bytes)
            or not all(type(side) is int and side >= 0 for side in shape)
            or prod(shape) * kind.dtype.itemsize != len(data)
        ):
            raise pickle.UnpicklingError(
                'refused an array of inconsistent size'
            )
        plain: Any = (1, shape, kind.dtype, bool(is_fortran), data)
        super().__setstate__(plain)

    def __reduce_ex__(self, protocol: Any) -> Any:
        return self.view(np.ndarray).__reduce_ex__(protocol)


class Skipped:
    """Replacement of objects that are not needed."""

    def __init__(self, *_: Any) -> None:
        pass

    def __setstate__(self, state: Any) -> None:
        pass


def history_types() -> list[Any]:
    """Return the replacements that restore log buffers, with their names.

    They are arguments of ``torch.serialization.safe_globals``.
    """
    from mmengine.logging import HistoryBuffer

    class History(HistoryBuffer):
        def __setstate__(self, state: dict[str, Any]) -> None:
            plain = {
                key: value.view(np.ndarray)
                if isinstance(value, PlainArray)
                else value
                for key, value in state.items()
                if key in ('max_length', '_log_history', '_count_history')
            }
            super().__setstate__(plain)
            self.__class__ = HistoryBuffer

    def statistic(owner: Any, name: Any) -> Any:
        # The file gets methods of a buffer by `getattr`, which must not give
        # access to anything else.
        if owner is not History or name not in STATISTICS:
            raise pickle.UnpicklingError(
                f'refused to read {name!r} of {owner!r} for a checkpoint'
            )
        return getattr(HistoryBuffer, name)

    return [
        (History, HISTORY),
        (statistic, 'builtins.getattr'),
        (PlainArray, 'numpy.ndarray'),
        (PlainKind, 'numpy.dtype'),
        *((_reconstruct, f'{core}._reconstruct') for core in CORES),
        *((_scalar, f'{core}.scalar') for core in CORES),
    ]


def skipped_types() -> list[Any]:
    """Return the replacements that skip log buffers, with their names."""
    return [(Skipped, name) for _, name in history_types()]


def _reconstruct(*_: Any) -> PlainArray:
    return PlainArray()


def _scalar(kind: Any, data: Any = b'') -> Any:
    if (
        not isinstance(kind, PlainKind)
        or not isinstance(data, bytes)
        or len(data) != kind.dtype.itemsize
    ):
        raise pickle.UnpicklingError('refused a number of wrong size')
    return np.frombuffer(data, kind.dtype)[0]
