"""Every config builds, and says only what it is for."""

import ast
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from mmengine.config import Config
from mmengine.registry import DATASETS, MODELS
from tiny import CONFIG, ROOT

import mmasgan.compat  # noqa: F401  before anything of MMagic

FOLDER = ROOT / 'configs'
ROWS = sorted(FOLDER.glob('*_gopro.py'))
ABLATIONS = sorted((FOLDER / 'ablation').glob('*.py'))
CONFIGS = [*ROWS, *ABLATIONS, FOLDER / 'ascyclegan_sample.py']
BASES = sorted((FOLDER / '_base_').glob('*.py'))

LSGAN = {
    'adversarial_loss.type': 'mmasgan.losses.LSGANLoss',
    'gradient_penalty': None,
}
PIXEL_CYCLE = {
    'cycle_loss.type': 'mmasgan.losses.PixelCycleLoss',
    'cycle_loss.weights': 'absent',
}
# What a config's model has in another way than the flagship's, all of it.
DIFFERENCES = {
    'ascyclegan_gopro': {},
    'ascyclegan_resnetv2_gopro': {'generator.sft': False},
    'ascyclegan_resnet_gopro': {
        'generator.sft': False,
        'generator.block': 'v1',
    },
    'cyclegan_gopro': {
        'generator.sft': False,
        'generator.block': 'v1',
        'generator.dropout': 0,
        'generator.global_residual': False,
        **LSGAN,
        **PIXEL_CYCLE,
        'identity_loss.loss_weight': 5,
        'pool_size': 50,
    },
    'ascyclegan_ragan_ls_gopro': {'gradient_penalty': None},
    'ascyclegan_wgan_gp_gopro': {
        'adversarial_loss.type': 'mmasgan.losses.WGANLoss'
    },
    'ascyclegan_lsgan_gopro': LSGAN,
    'ascyclegan_no_identity_gopro': {'identity_loss': None},
    'ascyclegan_pixel_cycle_gopro': PIXEL_CYCLE,
    'ascyclegan_no_dropout_gopro': {'generator.dropout': 0},
}
INHERITING = """
from mmengine.config import read_base

with read_base():
    from mmasgan.configs.ascyclegan_gopro import *

model.update(pool_size=7)
"""


def changes(path):
    """Return the statements of a config besides imports."""
    tree = ast.parse(path.read_text())
    kinds = ast.Import | ast.ImportFrom | ast.With
    return [node for node in tree.body if not isinstance(node, kinds)]


@pytest.mark.parametrize('path', CONFIGS, ids=lambda path: path.stem)
def test_a_config_builds_and_survives_being_dumped(path, tmp_path):
    cfg = Config.fromfile(path)
    MODELS.build(cfg.model)
    cfg.dump(tmp_path / 'dumped.py')
    dumped = Config.fromfile(tmp_path / 'dumped.py')
    assert dumped.pretty_text == cfg.pretty_text
    MODELS.build(dumped.model)


def test_no_two_bases_set_one_key():
    owners = {}
    for path in BASES:
        for key in Config.fromfile(path):
            assert key not in owners, f'{key} in {path} and {owners[key]}'
            owners[key] = path


def test_the_flagship_is_its_bases():
    assert changes(Path(CONFIG)) == []


def flat(tree, prefix=''):
    """Return the leaves of nested dicts by dotted key."""
    leaves = {}
    for key, value in tree.items():
        if isinstance(value, dict):
            leaves |= flat(value, f'{prefix}{key}.')
        else:
            leaves[prefix + key] = value
    return leaves


@pytest.mark.parametrize('path', [*ROWS, *ABLATIONS], ids=lambda p: p.stem)
def test_a_row_changes_what_its_name_says(path):
    row, flagship = (Config.fromfile(p).to_dict() for p in (path, CONFIG))
    here, there = flat(row.pop('model')), flat(flagship.pop('model'))
    expected = DIFFERENCES[path.stem]
    # A part that is left out takes its leaves along.
    gone = tuple(f'{k}.' for k, v in expected.items() if v is None)
    found = {
        key: here.get(key, 'absent')
        for key in here.keys() | there.keys()
        if here.get(key, 'absent') != there.get(key, 'absent')
        and not key.startswith(gone or ('-',))
    }
    assert found == expected
    assert row == flagship  # data, schedule and runtime are the same for all
    assert len(path.read_text().splitlines()) <= 15 + 9  # and their imports


def test_the_flagship_has_the_sizes_of_the_paper():
    cfg = Config.fromfile(CONFIG)
    generator = MODELS.build(cfg.model.generator)
    assert len(generator.blocks) == 9
    discriminator = MODELS.build(cfg.model.discriminator)
    count = sum(weight.numel() for weight in discriminator.parameters())
    assert count == 2_764_737
    assert cfg.model.cycle_loss.loss_weight == 10
    assert cfg.model.identity_loss.loss_weight == 0.5
    assert cfg.model.pool_size == 60


def differing(left, right):
    return {key for key in left if left[key] != right.get(key)}


def test_the_sample_config_changes_sizes_and_data_only():
    flagship = Config.fromfile(CONFIG)
    sample = Config.fromfile(FOLDER / 'ascyclegan_sample.py')
    flagship, sample = flagship.to_dict()['model'], sample.to_dict()['model']
    assert differing(sample, flagship) == {
        'generator',
        'discriminator',
        'cycle_loss',
        'pixel_cycle_loss',
    }
    for part in ('generator', 'discriminator'):
        sizes = differing(sample[part], flagship[part])
        assert sizes <= {'base_channels', 'num_blocks'}


def test_the_sample_data_are_made_on_first_use(tmp_path):
    cfg = Config.fromfile(FOLDER / 'ascyclegan_sample.py')
    dataset_cfg = cfg.test_dataloader.dataset
    dataset_cfg.data_root = str(tmp_path / 'sample')
    dataset = DATASETS.build(dataset_cfg)
    assert len(dataset) == 10
    assert (tmp_path / 'sample' / 'train').is_dir()


def fresh_interpreter(code, cwd, **environment):
    """Run code and return what it printed."""
    done = subprocess.run(
        [sys.executable, '-c', code],
        cwd=cwd,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope='module')
def wheel(tmp_path_factory):
    """Build the wheel and unpack it, as an installer does."""
    folder = tmp_path_factory.mktemp('wheel')
    # From a copy, since a build leaves its own folder behind.
    source = folder / 'source'
    for name in ('mmasgan', 'configs'):
        shutil.copytree(ROOT / name, source / name, symlinks=True)
    for name in ('setup.cfg', 'pyproject.toml', 'README.md', 'LICENSE'):
        shutil.copy(ROOT / name, source)
    flags = ['-q', '--no-deps', '--no-build-isolation', '-w', folder]
    subprocess.run(
        [sys.executable, '-m', 'pip', 'wheel', *flags, source],
        check=True,
        timeout=120,
    )
    (path,) = folder.glob('*.whl')
    with zipfile.ZipFile(path) as archive:
        archive.extractall(folder / 'site')
    return folder / 'site'


def test_the_wheel_holds_the_configs_and_no_tests(wheel):
    names = {str(path.relative_to(wheel)) for path in wheel.rglob('*.py')}
    for path in (*CONFIGS, *BASES):
        assert f'mmasgan/{path.relative_to(ROOT)}' in names
    assert not any(name.startswith(('tests', 'tools')) for name in names)
    assert (wheel / 'mmasgan' / 'py.typed').is_file()


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
