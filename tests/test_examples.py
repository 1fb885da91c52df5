"""The examples do what their pages say, on data made small."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import forks
import nbformat
import numpy as np
import pytest
import torch
from mmengine.config import Config
from nbclient import NotebookClient
from PIL import Image
from test_registry import BUILD_LIGHT_COMPONENTS
from tiny import ROOT
from wheels import build_wheel

EXAMPLES = ROOT / 'examples'
FORKS = (
    'onedl-mmpretrain==1.3.6',
    'onedl-mmengine==0.10.12',
    'onedl-mmcv==2.3.6',
)


def commands(page):
    """Return the lines of shell on a page, one string a block."""
    return re.findall(r'```bash\n(.*?)```', page.read_text(), re.DOTALL)


def make_photos(folder, count, size, seed=0):
    random = np.random.default_rng(seed)
    folder.mkdir(parents=True)
    for number in range(count):
        pixels = random.integers(0, 256, (*size, 3), np.uint8)
        Image.fromarray(pixels).save(folder / f'{folder.name}{number}.png')


def run(*command, cwd, **environment):
    done = subprocess.run(
        list(map(str, command)),
        cwd=cwd,
        env=os.environ | {'OMP_NUM_THREADS': '1'} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_own_data_changes_data_and_width_alone():
    config, parent = (
        Config.fromfile(path).to_dict()
        for path in (
            EXAMPLES / 'own_data' / 'my_photos.py',
            ROOT / 'configs' / 'ascyclegan_plus_unet_small_gopro.py',
        )
    )
    widths = [
        cfg['model']['generator'].pop('channels') for cfg in (config, parent)
    ]
    assert all(here > there for here, there in zip(*widths, strict=True))
    for cfg in (config, parent):
        for stage in ('train', 'val', 'test'):
            dataset = cfg[f'{stage}_dataloader'].pop('dataset')
            assert (cfg is config) == ('gopro' not in dataset['data_root'])
        cfg.pop('pairs', None)
    assert config == parent


@pytest.mark.process
def test_own_data_from_photographs_to_deblurred_ones(tmp_path):
    for seed, name in enumerate(('blurred', 'sharp', 'held_out')):
        make_photos(tmp_path / name, 2, (320, 330), seed)
    shutil.copytree(EXAMPLES, tmp_path / 'examples')
    (tmp_path / 'tools').symlink_to(ROOT / 'tools')
    small = (
        'train_cfg.max_iters=2 train_cfg.val_interval=2 '
        'model.generator.channels=[4,4] model.generator.blocks=[1,1] '
        'model.generator.up_blocks=[1] '
        'train_dataloader.batch_size=1 val_dataloader.dataset.indices=1'
    )
    (block,) = commands(EXAMPLES / 'own_data' / 'README.md')
    block = block.replace(
        'my_photos.py\n', f'my_photos.py --cfg-options {small}\n'
    )
    python = forks.in_shell()
    run(
        'bash',
        '-ec',
        f'mmasgan() {{ {python} -m mmasgan.cli "$@"; }}\n'
        f'python() {{ {python} "$@"; }}\n{block}',
        cwd=tmp_path,
        CUDA_VISIBLE_DEVICES='',
    )
    for path in (tmp_path / 'blurred').iterdir():
        before, after = (
            np.array(Image.open(tmp_path / name / path.name)).astype(int)
            for name in ('blurred', 'deblurred')
        )
        assert abs(after - before).mean() < 5  # it has hardly learnt
    assert list((tmp_path / 'work_dirs').glob('my_photos/*/progress.png'))


def test_own_generator_is_shown_as_it_is():
    here = EXAMPLES / 'own_generator'
    text = (here / 'README.md').read_text()
    for name in ('plain.py', 'plain_sample.py'):
        assert f'```python\n{(here / name).read_text()}```' in text


def test_own_generator_starts_at_its_input():
    names = {}
    text = (EXAMPLES / 'own_generator' / 'plain.py').read_text()
    exec(text.replace('@MODELS.register_module()\n', ''), names)
    images = torch.rand(1, 3, 20, 24) * 2 - 1
    torch.testing.assert_close(names['PlainGenerator']()(images), images)


@pytest.mark.process
def test_own_generator_from_training_to_onnx(tmp_path):
    """Outside the repository; to train, an interpreter of its own."""
    here = tmp_path / 'here'
    shutil.copytree(EXAMPLES / 'own_generator', here)
    photo = here / 'photo.png'
    make_photos(tmp_path / 'in', 1, (40, 50))
    shutil.copy(tmp_path / 'in' / 'in0.png', photo)
    small = (
        'train_cfg.max_iters=2 train_dataloader.batch_size=1 '
        'train_dataloader.dataset.crop_size=32 val_cfg=None '
        'optim_wrapper.generators.optimizer.lr=0.5 '
        'default_hooks.ema.momentum=0.5'
    )
    block = '\n'.join(commands(here / 'README.md'))
    for old, new in (
        (
            'train plain_sample.py',
            f'train plain_sample.py --cfg-options {small}',
        ),
        (
            'test plain_sample.py',
            'test plain_sample.py '
            '--cfg-options test_dataloader.dataset.indices=1',
        ),
        ('iter_2000', 'iter_2'),
        ('photo.jpg', 'photo.png'),
    ):
        assert old in block
        block = block.replace(old, new)
    config = here / 'plain_sample.py'
    config.write_text(config.read_text().replace('=24', '=4, depth=1'))
    python, fork = shlex.quote(sys.executable), forks.in_shell()
    run(
        'bash',
        '-ec',
        'mmasgan() {\n'
        f'if test "$1" = train; then {python} -m mmasgan.cli "$@"\n'
        f'else {fork} -m mmasgan.cli "$@"; fi\n}}\n{block}',
        cwd=here,
        CUDA_VISIBLE_DEVICES='',
    )
    before, after, by_onnx = (
        np.array(Image.open(here / name)).astype(int)
        for name in ('photo.png', 'deblurred.png', 'by_onnx.png')
    )
    assert abs(after - before).max() > 0
    assert abs(after - before).mean() < 5  # it has hardly learnt
    # Published in float16.
    assert abs(by_onnx - after).max() <= 2


@pytest.fixture(scope='module')
def beside_the_forks(tmp_path_factory):
    """An environment of the forks with mmasgan; returns its Python.

    What is large is borrowed from here, by links to all but OpenMMLab's.
    """
    folder = tmp_path_factory.mktemp('beside')
    borrowed = folder / 'borrowed'
    borrowed.mkdir()
    for path in Path(torch.__file__).parents[1].iterdir():
        if not re.match(r'mm|onedl|__editable__|pip\b|.*\.pth$', path.name):
            (borrowed / path.name).symlink_to(path)
    run(sys.executable, '-m', 'venv', '--without-pip', 'venv', cwd=folder)
    python = folder / 'venv' / 'bin' / 'python'
    print_site = 'import sysconfig; print(sysconfig.get_path("purelib"))'
    site = Path(run(python, '-c', print_site, cwd=folder).strip())
    (site / 'borrowed.pth').write_text(f'{borrowed}\n')
    # MMEngine needs distutils, which setuptools adds to Python 3.12.
    shim = Path(torch.__file__).parents[1] / 'distutils-precedence.pth'
    if shim.exists():
        (site / shim.name).symlink_to(shim)

    pip = (sys.executable, '-m', 'pip', '--python', python)
    done = subprocess.run(
        [*pip, 'install', '-q', '--no-compile', '--retries', '1', *FORKS],
        capture_output=True,
        text=True,
        timeout=300,
    )
    if done.returncode:
        reason = done.stderr.strip().rpartition('\n')[2]
        pytest.skip(f'no package index has the forks: {reason}')
    wheel = build_wheel(folder, '--wheel')
    run(*pip, 'install', '-q', '--no-deps', '--no-index', wheel, cwd=folder)
    return python


@pytest.mark.process
def test_light_components_work_beside_the_forks(beside_the_forks, tmp_path):
    """As in test_registry.py, in an environment without MMagic."""
    check = """
from importlib.util import find_spec
assert find_spec('mmagic') is None
import mmengine, mmasgan, mmpretrain, sys
for module in (mmengine, mmasgan, mmpretrain):
    assert module.__file__.startswith(sys.prefix), module
assert mmengine.__version__ == '0.10.12'
from mmengine.registry import MODELS
loss = mmpretrain.registry.MODELS.build(dict(type='mmasgan.RaGANLSLoss'))
assert type(loss).__module__ == 'mmasgan.losses.ragan_ls_loss'
"""
    light = BUILD_LIGHT_COMPONENTS.replace("'mmcv', ", '')  # mmpretrain's
    assert light != BUILD_LIGHT_COMPONENTS
    run(beside_the_forks, '-c', check + light, cwd=tmp_path)


@pytest.mark.process
def test_our_parts_train_in_a_model_of_mmpretrain(beside_the_forks, tmp_path):
    here = tmp_path / 'example'
    shutil.copytree(EXAMPLES / 'mmpretrain', here)
    make_photos(here / 'data' / 'photos', 3, (100, 120))
    block = commands(here / 'README.md')[1]
    small = (
        'train_cfg.max_iters=3 default_hooks.logger.interval=1 '
        'train_dataloader.batch_size=2 train_dataloader.num_workers=0 '
        'train_dataloader.persistent_workers=False'
    )
    block = block.replace(
        '_photos.py\n', f'_photos.py --cfg-options {small}\n'
    )
    python = shlex.quote(str(beside_the_forks))
    setting = f'python() {{ {python} "$@"; }}\n'
    output = run('bash', '-ec', setting + block, cwd=here)
    for name in ('pixel', 'generator', 'discriminator'):
        values = re.findall(rf'loss_{name}: ([\d.]+)', output)
        assert len(values) == 3
        assert len(set(values)) > 1
    work = here / 'work_dirs' / 'adversarial_simmim_photos'
    weights = torch.load(work / 'iter_3.pth', weights_only=False)['state_dict']
    # Zero at the start: an untrained layer changes nothing.
    for part in ('scale', 'shift'):
        assert weights[f'sft.{part}.2.weight'].abs().max() > 0
    assert any(name.startswith('discriminator.') for name in weights)


def printed(notebook):
    """Return the text that all cells print and show."""
    outputs = (
        output
        for cell in notebook.cells
        for output in cell.get('outputs', ())
        if output.get('name') != 'stderr'
    )
    return '\n'.join(
        output.get('text') or output.get('data', {}).get('text/plain', '')
        for output in outputs
    )


def numbers(text, name):
    """Return the PSNR and SSIM in a row of a notebook's table."""
    (row,) = re.findall(rf'\b{name}\b(.*)', text)
    return [float(number) for number in re.findall(r'[-+]?\d+\.\d+', row)]


@pytest.mark.process
def test_the_notebook_runs_top_to_bottom_and_prints_what_it_shows(tmp_path):
    path = EXAMPLES / 'deblur.ipynb'
    stored = nbformat.read(path, as_version=4)
    notebook = nbformat.read(path, as_version=4)
    place = {'metadata': {'path': str(tmp_path)}}
    NotebookClient(notebook, timeout=300, resources=place).execute()
    found, shown = printed(notebook), printed(stored)
    tolerances = {'blurred': 0.01, 'deblurred': 0.02, 'gain': 0.1}
    for name, tolerance in tolerances.items():
        expected = pytest.approx(numbers(shown, name), abs=tolerance)
        assert numbers(found, name) == expected
    assert numbers(found, 'deblurred')[0] > numbers(found, 'blurred')[0] + 1
    assert [c.execution_count for c in stored.cells if 'outputs' in c] == list(
        range(1, 8)
    )
    assert any('image/jpeg' in str(c.get('outputs')) for c in notebook.cells)
    assert path.stat().st_size < 100_000
