"""Files that are made to crash whoever unpickles them."""

import collections
import pickle
import subprocess
import sys

import numpy as np
import pytest
import torch
from mmengine.logging import HistoryBuffer
from torch.serialization import safe_globals

from mmasgan.utils.plain_pickle import history_types, skipped_types
from mmasgan.utils.tensor_file import read_tensors


class Calls:
    """What pickles as a call, and a state for what it returns."""

    def __init__(self, function, *args, state=None):
        self.reduced = (function, args, state)

    def __reduce__(self):
        return self.reduced


FLOATS = np.dtype('f8')
RECONSTRUCT = np.empty(0).__reduce__()[0]
SCALAR = np.float64(0).__reduce__()[0]
LOADED = """
import sys, torch
from mmasgan.utils.plain_pickle import history_types
from torch.serialization import safe_globals
with safe_globals(history_types()):
    print(torch.load(sys.argv[1])['value'])
"""


def array(state):
    return Calls(RECONSTRUCT, np.ndarray, (0,), b'b', state=state)


ATTACKS = {
    'pointers': array((1, (1,), np.dtype('O'), False, [1])),
    'pointer_bytes': array((1, (2,), np.dtype('O'), False, b'A' * 16)),
    'too_short': array((1, (1 << 40,), FLOATS, False, b'A' * 8)),
    'negative': array((1, (-1, -1), FLOATS, False, b'A' * 8)),
    'no_integers': array((1, (1.0,), FLOATS, False, b'A' * 8)),
    'strings': array((1, (1,), np.dtype('U2'), False, b'A' * 8)),
    'records': array((1, (1,), np.dtype([('a', 'O')]), False, b'A' * 8)),
    'buffer': Calls(np.ndarray, (4,), FLOATS, b'A' * 8, -64),
    'scalar_pointer': Calls(SCALAR, np.dtype('O'), b'A' * 8),
    'short_scalar': Calls(SCALAR, FLOATS, b'A'),
    'getattr': Calls(getattr, HistoryBuffer, '__init__'),
    'other_owner': Calls(getattr, collections.OrderedDict, 'fromkeys'),
    'dtype_state': array(
        (
            1,
            (1,),
            Calls(
                np.dtype,
                'f8',
                False,
                True,
                state=(3, 'O', None, None, None, 1 << 30, 1, 63),
            ),
            False,
            b'A' * 8,
        )
    ),
}


@pytest.fixture(params=ATTACKS)
def attack(request, tmp_path):
    path = tmp_path / 'attack.pth'
    torch.save({'value': ATTACKS[request.param]}, path)
    return path


def test_nothing_is_built_of_raw_memory(attack):
    with safe_globals(history_types()):
        try:
            value = torch.load(attack)['value']
        except (pickle.UnpicklingError, TypeError):
            return
    assert value.shape == (0,)  # an array that says nothing


def test_deblurring_builds_none_of_them(attack):
    found = read_tensors(str(attack), history=True)['value']
    assert type(found).__module__ == 'mmasgan.utils.plain_pickle'


def test_without_history_they_are_refused(attack):
    with pytest.raises(
        ValueError, match='cannot be read as a file of tensors'
    ):
        read_tensors(str(attack))


@pytest.mark.process
def test_the_attack_is_real(tmp_path):
    """NumPy's own functions let the process end."""
    path = tmp_path / 'attack.pth'
    torch.save({'value': ATTACKS['pointers']}, path)
    own = 'np._core.multiarray._reconstruct, np.ndarray, np.dtype, '
    code = LOADED.replace(
        'history_types()', f'[{own} type(np.dtype("O"))]'
    ).replace('import sys', 'import numpy as np, sys')
    command = [sys.executable, '-c', code, path]
    assert b'[1]' in subprocess.run(command, capture_output=True).stdout


@pytest.mark.parametrize(
    'value',
    [
        np.float64(1.5),
        np.bool_(True),
        np.arange(6, dtype='>i4').reshape(2, 3),
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.arange(4, dtype=np.float16),
    ],
    ids=repr,
)
def test_numbers_come_back(value, tmp_path):
    path = tmp_path / 'file.pth'
    with safe_globals(history_types()):
        for _ in range(2):  # what was read is written again
            torch.save({'value': value}, path)
            found = torch.load(path)['value']
            assert isinstance(found, type(value))
            np.testing.assert_equal(found, value)
            assert found.dtype.kind == value.dtype.kind  # in native order
            value = found


def test_a_buffer_comes_back_as_mmengines(tmp_path):
    torch.save(HistoryBuffer([1.0, 2.0], [1, 1]), tmp_path / 'file.pth')
    with safe_globals(history_types()):
        found = torch.load(tmp_path / 'file.pth')
    assert type(found) is HistoryBuffer
    assert type(found.data[0]) is np.ndarray
    found.update(6.0)
    assert found.statistics('mean') == 3


def test_names_are_the_same_in_both():
    names = [name for _, name in history_types()]
    assert [name for _, name in skipped_types()] == names
