import numpy as np
import pytest

from mmasgan.compat import numpy_bool8

MISSING = not hasattr(np, 'bool8')


def test_fault(symptoms):
    if not MISSING:
        assert symptoms.without['numpy_bool8']['error'] is None
        return
    assert 'bool8' in symptoms.without['numpy_bool8']['error']


def test_mend(symptoms):
    assert symptoms.patched['numpy_bool8']['error'] is None
    assert symptoms.patched['patched']['numpy_bool8'] is MISSING


def test_numpy_is_left_as_it_was():
    seen = []
    patched = numpy_bool8.patch(None, lambda: seen.append(np.bool8))
    assert seen == [np.bool_]
    assert patched is MISSING
    assert hasattr(np, 'bool8') is not MISSING


def test_numpy_is_left_as_it_was_after_an_error():
    def fail():
        raise RuntimeError('of the module')

    with pytest.raises(RuntimeError, match='of the module'):
        numpy_bool8.patch(None, fail)
    assert hasattr(np, 'bool8') is not MISSING


def test_table_of_mmagic():
    from mmagic.utils.trans_utils import dtype_range

    assert dtype_range[np.bool_] == (False, True)
