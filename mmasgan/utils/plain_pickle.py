"""What MMEngine's checkpoints hold besides tensors, rebuilt from numbers.

NumPy's own functions of unpickling build arrays of whatever the file says:
object pointers, other lengths, other strides, which ends the process. These
stand in for them where ``torch.load`` reads a checkpoint.
"""

import pickle
import re
from math import prod
from typing import Any

import numpy as np

__all__ = ['history_types', 'skipped_types']

HISTORY = 'mmengine.logging.history_buffer.HistoryBuffer'
STATISTICS = ('min', 'max', 'mean', 'current')
KINDS = re.compile(r'b1|[iu][1248]|f[248]')  # and no objects
# The module of both functions has a new name since NumPy 2; a checkpoint may
# come from either side of that.
CORES = ('numpy.core.multiarray', 'numpy._core.multiarray')


class PlainKind:
    """Stand in for ``numpy.dtype``.

    Args:
        code: NumPy's, such as ``f8``.
        *options: NumPy's, which change nothing.
    """

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
    """Stand in for ``numpy.ndarray``; saved again, it is one."""

    def __new__(cls, *_: Any) -> 'PlainArray':
        """Return an empty array, whatever is asked for."""
        return super().__new__(cls, (0,), np.int8)

    def __setstate__(self, state: Any) -> None:
        _, shape, kind, is_fortran, data = state
        if (
            not isinstance(kind, PlainKind)
            or not isinstance(data, bytes)
            or not all(type(side) is int and side >= 0 for side in shape)
            or prod(shape) * kind.dtype.itemsize != len(data)
        ):
            raise pickle.UnpicklingError('refused an array that does not fit')
        plain: Any = (1, shape, kind.dtype, bool(is_fortran), data)
        super().__setstate__(plain)

    def __reduce_ex__(self, protocol: Any) -> Any:
        return self.view(np.ndarray).__reduce_ex__(protocol)


class Skipped:
    """Stand in for what is not needed.

    Args:
        *_: Ignored.
    """

    def __init__(self, *_: Any) -> None:
        pass

    def __setstate__(self, state: Any) -> None:
        pass


def history_types() -> list[Any]:
    """Return what rebuilds MMEngine's log buffers, each with its name.

    They are for ``torch.serialization.safe_globals``.
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
        # The file names the methods of a buffer by way of `getattr`, which
        # would give access to too much.
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
    """Return what passes over MMEngine's log buffers, each with its name."""
    return [(Skipped, name) for _, name in history_types()]


def _reconstruct(*_: Any) -> PlainArray:
    return PlainArray()


def _scalar(kind: Any, data: Any = b'') -> Any:
    if (
        not isinstance(kind, PlainKind)
        or not isinstance(data, bytes)
        or len(data) != kind.dtype.itemsize
    ):
        raise pickle.UnpicklingError('refused a number that does not fit')
    return np.frombuffer(data, kind.dtype)[0]
