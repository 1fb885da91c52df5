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
    told = rf'^{old} is deprecated .*; use {_moved.MODULES[old]}$'
    with pytest.warns(DeprecationWarning, match=told):
        assert importlib.import_module(old) is new
    # It knows nothing of its other name.
    assert (new.__name__, new.__spec__) == (_moved.MODULES[old], spec)


@pytest.mark.parametrize(('package', 'home', 'name'), NAMES)
def test_a_name_is_found_in_its_old_package(package, home, name):
    module = importlib.import_module(package)
    old, _, new = name.partition('=')
    with pytest.warns(DeprecationWarning, match=rf'^{package}\.{old} is dep'):
        value = getattr(module, old)
    home = importlib.import_module(home, package)
    assert value is getattr(home, new or old)
    assert old not in getattr(module, '__all__', ())


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
    told = r'comparison is now reproduce\.table1, .* a clone of the repository'
    with pytest.raises(ModuleNotFoundError, match=told):
        importlib.import_module('mmasgan.apis.comparison')


@pytest.mark.parametrize(('old', 'new'), _moved.CLASSES.items())
def test_a_class_is_built_by_its_old_name(old, new):
    from mmengine.registry import MODELS

    with pytest.warns(DeprecationWarning, match=rf'use mmasgan\.{new}$'):
        kind = MODELS.get(f'mmasgan.{old}')
    assert kind is MODELS.get(f'mmasgan.{new}')


def test_an_argument_is_taken_by_its_old_name():
    from mmengine.config import Config
    from mmengine.registry import MODELS

    from mmasgan.apis.config_keys import check_keys

    config = dict(
        type='mmasgan.MotionEstimator',
        motion_network=None,
        prior=None,
        max_bad_steps=3,
    )
    check_keys(Config(dict(model=config)))
    with pytest.warns(DeprecationWarning, match='use max_nonfinite_steps$'):
        model = MODELS.build(config)
    assert model.max_nonfinite_steps == 3
    with pytest.raises(ValueError, match='mean max_nonfinite_steps'):
        check_keys(Config(dict(model=config | dict(max_nonfinit_steps=3))))
