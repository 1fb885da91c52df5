import os.path as osp
from importlib.metadata import PackageNotFoundError

import mmengine
import pytest
from mmengine import utils
from mmengine.config import Config

import mmasgan
from mmasgan.compat import installed_path

PACKAGE = osp.dirname(mmasgan.__file__)


def test_fault(symptoms, is_fork):
    plain = symptoms.without['installed_path']
    blocked = symptoms.without['installed_path_without_pkg_resources']
    if is_fork:  # upstream sound
        assert plain == blocked == dict(error=None, value=42)
        return
    assert 'Error' in plain['error']
    assert 'pkg_resources' in blocked['error']


def test_mend(symptoms, is_fork):
    for name in ('installed_path', 'installed_path_without_pkg_resources'):
        assert symptoms.patched[name] == dict(error=None, value=42)
    assert symptoms.patched['patched']['installed_path'] is not is_fork


def test_sound_afterwards():
    assert not installed_path.is_present()


def test_functions_are_replaced_where_they_are_used(is_fork):
    from mmengine.config import config

    for module in (utils, utils.package_utils, config):
        ours = module.get_installed_path is installed_path.get_installed_path
        assert ours is not is_fork


def test_our_configs_from_elsewhere(tmp_path):
    path = tmp_path / 'child.py'
    path.write_text(
        'from mmengine.config import read_base\n\n'
        'with read_base():\n'
        '    from mmasgan.configs.ascyclegan_gopro import *\n'
    )
    assert 'model' in Config.fromfile(path)


def test_get_installed_path():
    find = installed_path.get_installed_path
    assert osp.samefile(find('mmasgan'), PACKAGE)
    assert osp.samefile(find('mmengine'), osp.dirname(mmengine.__file__))
    # A distribution is found by its own name too.
    assert osp.basename(find('scikit-image')) == 'skimage'


def test_get_installed_path_of_what_is_missing():
    with pytest.raises(PackageNotFoundError, match='no-such-package'):
        installed_path.get_installed_path('no-such-package')


def test_namespace_package_is_refused(tmp_path, monkeypatch):
    (tmp_path / 'namespace_toy').mkdir()
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(RuntimeError, match='namespace package'):
        installed_path.get_installed_path('namespace_toy')
    assert not installed_path.is_installed('namespace_toy')


@pytest.mark.parametrize(
    ('name', 'installed'),
    [
        ('mmasgan', True),
        ('scikit-image', True),
        ('skimage', True),
        ('no-such-package', False),
    ],
)
def test_is_installed(name, installed):
    assert installed_path.is_installed(name) is installed


def test_package2module():
    assert installed_path.package2module('mmasgan') == 'mmasgan'
