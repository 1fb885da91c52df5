"""The command line, each check in an interpreter as a user's."""

import forks
import pytest
from click.testing import CliRunner

import mmasgan
from mmasgan.cli import main
from mmasgan.compat import diagnosis

DOCTOR = 'from mmasgan.cli import main; main(["doctor"])'

WITHOUT_TORCH = """
import sys
from importlib import metadata

sys.modules['torch'] = None
version = metadata.version


def pretend(name):
    if name == 'torch':
        raise metadata.PackageNotFoundError(name)
    return version(name)


metadata.version = pretend
"""

MISMATCHED = """
import sys

class Finder:
    def find_spec(name, path=None, target=None):
        if name == 'torchvision':
            raise RuntimeError('operator torchvision::nms does not exist')

sys.meta_path.insert(0, Finder)
"""


@pytest.fixture(scope='module')
def doctor():
    """What the doctor says of each state."""
    states = {
        'healthy': ('', forks.BARE),
        'mismatched': (MISMATCHED, ()),
        'incomplete': (WITHOUT_TORCH, ()),
    }
    found = {}
    for state, (prelude, modules) in states.items():
        done = forks.run('-c', prelude + DOCTOR, modules=modules)
        found[state] = done.returncode, done.stderr + done.stdout
    return found


def _remedies(output):
    _, _, remedies = output.partition('To fix it, run:\n')
    return [line.strip() for line in remedies.splitlines()]


@pytest.mark.process
def test_doctor_finds_nothing_amiss(doctor):
    status, output = doctor['healthy']
    assert status == 0, output
    assert output.endswith('No problems found.\n')


@pytest.mark.process
def test_doctor_names_versions_faults_and_editors(doctor):
    import torch

    _, output = doctor['healthy']
    for expected in (
        mmasgan.__version__,
        torch.__version__.partition('+')[0],
        'albumentations',
        'cpu',
        'numpy_bool8',
        'patched',
        'not present here',
        'MMagic editors: ',
    ):
        assert expected in output


@pytest.mark.process
def test_doctor_speaks_where_a_package_is_missing(doctor):
    status, output = doctor['incomplete']
    assert status == 1
    assert 'Traceback' not in output
    assert '\ntorch: missing\n' in output
    assert _remedies(output) == ['pip install "torch>=2.6"']


@pytest.mark.process
def test_doctor_speaks_where_torchvision_does_not_match(doctor):
    status, output = doctor['mismatched']
    assert status == 1
    assert 'Traceback' not in output
    assert 'torchvision::nms does not exist' in output
    assert _remedies(output) == [
        'pip install --force-reinstall torch torchvision'
    ]


def test_what_is_left_out_on_purpose_is_nothing_amiss(monkeypatch):
    found = diagnosis._installed
    monkeypatch.setattr(
        diagnosis,
        '_installed',
        lambda name: {} if name in diagnosis.TRAINING else found(name),
    )
    result = CliRunner().invoke(main, ['doctor'])
    assert result.exit_code == 0, result.output
    assert 'deblur`, and with gradio `mmasgan serve`)' in result.output
    assert 'onnxruntime' in result.output
    assert result.output.endswith('No problems found.\n')
