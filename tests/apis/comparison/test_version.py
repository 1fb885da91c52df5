import subprocess

import pytest
import torch

import mmasgan
from mmasgan.apis.comparison import version


@pytest.fixture(autouse=True)
def _forget():
    version.code_version.cache_clear()
    yield
    version.code_version.cache_clear()


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A repository with one file, which the code seems to be in."""
    (tmp_path / 'file').write_text('1')
    for command in (
        ['init', '-q'],
        ['add', 'file'],
        ['-c', 'user.name=n', '-c', 'user.email=e', 'commit', '-qm', 'm'],
    ):
        subprocess.run(['git', '-C', tmp_path, *command], check=True)
    monkeypatch.setattr(version, 'ROOT', tmp_path)
    return tmp_path


def test_a_commit_and_whether_files_differ(checkout):
    commit = version.code_version()
    assert len(commit) == 12
    version.code_version.cache_clear()
    (checkout / 'file').write_text('2')
    assert version.code_version() == f'{commit}+dirty'


def test_an_installed_package_has_its_release(tmp_path, monkeypatch):
    monkeypatch.setattr(version, 'ROOT', tmp_path)
    assert version.code_version() == f'release {mmasgan.__version__}'


def test_the_machine_names_its_torch():
    assert version.machine()['torch'] == torch.__version__.partition('+')[0]
    assert version.machine()['device']
