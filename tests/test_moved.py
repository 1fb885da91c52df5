"""What moved is found where it was, for one release, with a warning."""

import importlib
import pickle
import sys

import pytest

from mmasgan import _moved

NAMES = [
    (package, home, name)
    for package, homes in _moved.NAMES.items()
    for home, names in homes.items()
    for name in names.split()
]


def forget(monkeypatch, name):
    """Let a module be imported anew by its old name."""
    for module in list(sys.modules):
        if module == name or module.startswith(f'{name}.'):
            monkeypatch.delitem(sys.modules, module)


@pytest.mark.parametrize('old', _moved.MODULES)
def test_a_module_is_found_by_its_old_name(monkeypatch, old):
    forget(monkeypatch, old)
    new = importlib.import_module(_moved.MODULES[old])
    spec = new.__spec__
    told = rf'^{old} is {_moved.MODULES[old]} now; the old name goes'
    with pytest.warns(DeprecationWarning, match=told):
        assert importlib.import_module(old) is new
    # It knows nothing of its other name.
    assert (new.__name__, new.__spec__) == (_moved.MODULES[old], spec)


@pytest.mark.parametrize(('package', 'home', 'name'), NAMES)
def test_a_name_is_found_in_its_old_package(package, home, name):
    module = importlib.import_module(package)
    with pytest.warns(DeprecationWarning, match=rf'{package}\.{name} goes'):
        value = getattr(module, name)
    assert value is getattr(importlib.import_module(home, package), name)
    assert name not in getattr(module, '__all__', ())


@pytest.mark.filterwarnings('ignore::DeprecationWarning')
@pytest.mark.parametrize(
    ('old', 'new'),
    [
        ('mmasgan.photos.photo', 'mmasgan.io.image.photo'),
        ('mmasgan.priors.store', 'mmasgan.semantic.store'),
        ('mmasgan.videos.mp4', 'mmasgan.io.video.mp4'),
        ('mmasgan.inference.run', 'mmasgan.apis.inference.run'),
        ('mmasgan.apis.comparison.rows', 'reproduce.table1.rows'),
    ],
)
def test_what_is_below_a_module_moved_with_it(monkeypatch, old, new):
    forget(monkeypatch, old.rpartition('.')[0])
    assert importlib.import_module(old) is importlib.import_module(new)


@pytest.mark.filterwarnings('ignore::DeprecationWarning')
def test_what_was_pickled_is_read():
    from mmasgan.io.image.photo import Photo

    assert pickle.loads(b'cmmasgan.photos.photo\nPhoto\n.') is Photo


@pytest.mark.filterwarnings('ignore::DeprecationWarning')
def test_what_a_dumped_config_names_is_built():
    """As configs are written down beside checkpoints."""
    from mmengine.registry import TRANSFORMS

    from mmasgan.semantic import LoadSemantic

    for kind in ('LoadSemantic', 'load_semantic.LoadSemantic'):
        step = dict(type=f'mmasgan.priors.{kind}', keys=['img_blur'])
        assert type(TRANSFORMS.build(step)) is LoadSemantic


def test_what_left_the_package_is_told(monkeypatch):
    forget(monkeypatch, 'mmasgan.apis.comparison')
    forget(monkeypatch, 'reproduce')
    monkeypatch.setitem(sys.modules, 'reproduce', None)  # no clone
    told = r'comparison is reproduce\.table1 now, in a clone of the repository'
    with pytest.raises(ModuleNotFoundError, match=told):
        importlib.import_module('mmasgan.apis.comparison')
