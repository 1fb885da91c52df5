"""The machinery: cheap, lazy, in order, and invisible afterwards."""

import inspect
import sys
from importlib import import_module, reload
from types import ModuleType

import pytest

from mmasgan.compat import FAULTS, patched
from mmasgan.compat._imports import PatchingFinder, name_of, rebind


class Doubling:
    """A made-up fault: ``VALUE`` is half of what it should be."""

    __name__ = 'mmasgan.compat.doubling'
    MODULES = ('faulty_toy',)

    def is_present(self):
        return import_module('faulty_toy').VALUE == 1

    def repair(self, module):
        module.VALUE = 2


class Watching:
    """Another one in the same module, with nothing to patch."""

    __name__ = 'mmasgan.compat.watching'
    MODULES = Doubling.MODULES

    def patch(self, module, execute):
        order = module.__dict__.setdefault('ORDER', [])
        order.append('before')
        execute()
        order.append('after')
        return False


@pytest.fixture
def finder(tmp_path, monkeypatch):
    (tmp_path / 'faulty_toy.py').write_text('VALUE = 1\n')
    monkeypatch.syspath_prepend(str(tmp_path))
    finder = PatchingFinder([Doubling(), Watching()])
    yield finder
    if finder in sys.meta_path:
        sys.meta_path.remove(finder)
    sys.modules.pop('faulty_toy', None)


def test_mends_on_first_import(finder):
    finder.install()
    assert 'faulty_toy' not in sys.modules
    module = import_module('faulty_toy')
    assert module.VALUE == 2
    assert finder.patched == {'doubling': True, 'watching': False}
    assert module.ORDER == ['before', 'after']


def test_mends_what_is_imported_already(finder):
    module = import_module('faulty_toy')
    assert module.VALUE == 1
    finder.install()
    assert module.VALUE == 2


def test_does_nothing_twice(finder):
    module = import_module('faulty_toy')
    finder.install()
    finder.execute(module, lambda: None)
    assert module.VALUE == 2


def test_leaves_no_trace_on_the_module(finder):
    finder.install()
    module = import_module('faulty_toy')
    assert inspect.getsource(module) == 'VALUE = 1\n'
    assert type(module.__loader__).__name__ == 'SourceFileLoader'
    assert module.__spec__.loader is module.__loader__


def test_mends_again_after_reload(finder):
    finder.install()
    assert reload(import_module('faulty_toy')).VALUE == 2


def test_knows_nothing_of_other_modules(finder):
    assert finder.find_spec('json', None) is None


def test_missing_module_stays_missing(finder, tmp_path):
    (tmp_path / 'faulty_toy.py').unlink()
    finder.install()
    with pytest.raises(ModuleNotFoundError, match='faulty_toy'):
        import_module('faulty_toy')


def test_rebind_reaches_names_imported_elsewhere(monkeypatch):
    def old():
        pass

    def new():
        pass

    ours, theirs = ModuleType('mmagic_not'), ModuleType('mmagic.toy')
    ours.name, theirs.other_name, theirs.value = old, old, 3
    monkeypatch.setitem(sys.modules, 'mmagic_not', ours)
    monkeypatch.setitem(sys.modules, 'mmagic.toy', theirs)
    monkeypatch.setitem(sys.modules, 'mmagic.blocked', None)
    rebind(old, new)
    assert theirs.other_name is new
    assert theirs.value == 3
    assert ours.name is old


@pytest.mark.parametrize('fault', FAULTS.values(), ids=FAULTS)
def test_every_fault_has_the_same_shape(fault):
    assert fault.__doc__.partition('\n')[0].endswith('.')
    assert 'Upstream: ' in fault.__doc__
    assert all(isinstance(name, str) for name in fault.MODULES)
    assert list(inspect.signature(fault.is_present).parameters) == []
    if hasattr(fault, 'repair'):
        function, arguments = fault.repair, ['module']
    else:
        function, arguments = fault.patch, ['module', 'execute']
    assert list(inspect.signature(function).parameters) == arguments
    assert FAULTS[name_of(fault)] is fault


def test_import_is_cheap_and_quiet(python):
    heavy = ('numpy', 'torch', 'mmengine', 'mmcv', 'mmagic')
    assert (
        python(
            'import sys, warnings; warnings.simplefilter("error")\n'
            'import mmasgan, mmasgan.layers, mmasgan.registry\n'
            'assert "mmasgan.compat" not in sys.modules\n'
            'for name in list(sys.modules):\n'
            f'    if name.partition(".")[0] in {heavy}:\n'
            '        del sys.modules[name]\n'
            'import mmasgan.compat\n'
            f'print(sorted(set({heavy}) & set(sys.modules)))',
            modules=(),
        ).strip()
        == '[]'
    )


def test_mmagic_before_compat(python):
    """What failed without compat can be imported after it, in one process."""
    output = python(
        'import mmagic\n'
        'try:\n'
        '    import mmagic.models\n'
        'except Exception as error:\n'
        '    print(type(error).__name__)\n'
        'import mmasgan.compat, mmagic.models\n'
        'from mmagic.models import CycleGAN\n'
        'print(len(mmasgan.compat.editors.skipped_editors()))\n'
        'print(CycleGAN.train_step.__wrapped__.__name__)\n'
    ).split()
    assert output[0] in ('AttributeError', 'ModuleNotFoundError')
    assert int(output[1]) < 15
    assert output[2] == 'train_step'


def test_mended_is_a_copy():
    patched()['made up'] = True
    assert 'made up' not in patched()
