"""What is installed is all that is needed."""

import os
import re
import zipfile
from pathlib import Path

import forks
import pytest
from tiny import ROOT
from wheels import build_wheel

pytestmark = pytest.mark.process

INHERITING = """
from mmengine.config import read_base

with read_base():
    from mmasgan.configs.ascyclegan_gopro import *

model.update(pool_size=7)
"""


def fresh_interpreter(code, cwd, **environment):
    """Run code where PyTorch alone is imported; return what it printed."""
    env = os.environ | environment
    done = forks.run('-c', code, cwd=cwd, env=env, modules=forks.BARE)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope='module')
def wheel(tmp_path_factory):
    """Build the wheel and unpack it, as an installer does."""
    folder = tmp_path_factory.mktemp('wheel')
    path = build_wheel(folder)
    with zipfile.ZipFile(path) as archive:
        archive.extractall(folder / 'site')
    return folder / 'site'


def test_the_wheel_holds_the_configs_and_no_laboratory(wheel):
    names = {str(path.relative_to(wheel)) for path in wheel.rglob('*.py')}
    for path in (ROOT / 'configs').rglob('*.py'):
        assert f'mmasgan/{path.relative_to(ROOT)}' in names
    assert {name.partition('/')[0] for name in names} == {'mmasgan'}
    laboratory = re.compile('benchmark|table1|reproduce')
    assert [name for name in names if laboratory.search(name)] == []
    templates = 'mmasgan/datasets/prepare/templates'
    assert (wheel / templates / 'report.html.j2').is_file()
    assert (wheel / 'mmasgan' / 'py.typed').is_file()


def files(folder):
    """Return the content of all files of a folder, by path."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob('*')
        if path.is_file() and '__pycache__' not in path.parts
    }


def test_the_wheel_holds_what_openmmlabs_tools_look_for(wheel):
    mim = wheel / 'mmasgan' / '.mim'
    assert {path.name for path in mim.iterdir()} == {
        'configs',
        'tools',
        'model-index.yml',
    }
    for name in ('configs', 'tools'):
        assert files(mim / name) == files(ROOT / name)
    index = 'model-index.yml'
    assert (mim / index).read_bytes() == (ROOT / index).read_bytes()


def test_configs_and_models_are_found_by_name_in_the_wheel(wheel, tmp_path):
    code = (
        'import mmasgan.compat;'
        'from mmengine.hub import get_config;'
        "cfg = get_config('mmasgan::ascyclegan_gopro.py');"
        'print(cfg.filename, cfg.train_cfg.max_iters);'
        'from mmasgan.apis import load_generator;'
        "print(load_generator('default').block_size)"
    )
    output = fresh_interpreter(code, tmp_path, PYTHONPATH=str(wheel))
    path, iterations, block_size = output.split()
    assert Path(path).is_relative_to(wheel / 'mmasgan' / '.mim')
    assert (iterations, block_size) == ('300000', '4')


def test_the_wheel_holds_the_weights(wheel):
    for path in (ROOT / 'mmasgan' / 'weights').iterdir():
        shipped = wheel / 'mmasgan' / 'weights' / path.name
        assert shipped.read_bytes() == path.read_bytes()


def test_a_config_elsewhere_inherits_from_the_wheel(wheel, tmp_path):
    """By MMEngine alone: nothing of ours is imported before."""
    (tmp_path / 'mine.py').write_text(INHERITING)
    code = (
        'from mmengine.config import Config; import sys;'
        "assert 'mmasgan' not in sys.modules;"
        "cfg = Config.fromfile('mine.py');"
        'print(cfg.model.pool_size, cfg.model.type.__name__);'
        'import mmasgan; print(mmasgan.__file__)'
    )
    output = fresh_interpreter(code, tmp_path, PYTHONPATH=str(wheel))
    size, name, path = output.split()
    assert (size, name) == ('7', 'ASCycleGAN')
    assert Path(path).is_relative_to(wheel)


def test_a_config_elsewhere_inherits_in_our_tools(tmp_path):
    (tmp_path / 'mine.py').write_text(INHERITING)
    code = (
        'from mmasgan.apis import load_config;'
        "cfg = load_config('mine.py');"
        'print(cfg.model.pool_size, cfg.model.type.__name__)'
    )
    output = fresh_interpreter(code, tmp_path)
    assert output.split() == ['7', 'ASCycleGAN']
