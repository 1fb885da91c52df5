"""``mmasgan prepare``, as a user calls it."""

import runpy
import shlex
import sys

import forks
import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image
from tiny import ROOT, make_gopro

from mmasgan.apis import load_config
from mmasgan.cli import main
from mmasgan.registry import DATASETS
from mmasgan.utils.model_index import find_weights

PARTIAL = ['--allow-partial']


@pytest.fixture
def run():
    def call(*args):
        return CliRunner().invoke(main, ['prepare', *map(str, args)])

    return call


@pytest.fixture
def folders(tmp_path):
    random = np.random.default_rng(0)
    for domain in ('blur', 'sharp'):
        (tmp_path / domain).mkdir()
        for number in range(2):
            pixels = random.integers(0, 256, (40, 48, 3), np.uint8)
            Image.fromarray(pixels).save(tmp_path / domain / f'{number}.png')
    return tmp_path / 'blur', tmp_path / 'sharp'


def command_of(output):
    """Return the printed command, as a shell splits it."""
    text = output.partition('To train on the images:\n')[2]
    return shlex.split(text.replace('\\\n', ' '))


def dataset_of(command):
    """Build what the printed command would train on."""
    options = {}
    for argument in command[command.index('--cfg-options') + 1 :]:
        key, _, value = argument.partition('=')
        options[key] = {'None': None, '[]': []}.get(value, value)
    root = None
    if '--data-root' in command:
        root = command[command.index('--data-root') + 1]
    cfg = load_config(str(ROOT / command[2]), None, root, options)
    assert (cfg.val_cfg is None) == (root is None)
    return DATASETS.build(cfg.train_dataloader.dataset)


def test_gopro_ends_in_the_command_that_trains(run, tmp_path):
    root = make_gopro(tmp_path / 'Go Pro', size=(256, 288))
    result = run('gopro', root, *PARTIAL)
    assert result.exit_code == 0, result.output
    assert "sequence 'train/GOPR0372_07_00' is missing" in result.output
    assert '6 blurred and 6 sharp images in' in result.output
    dataset = dataset_of(command_of(result.output))
    assert len(dataset) == 6
    assert dataset.pipeline.transforms[0].store is not None
    assert dataset[0]['inputs']['img_blur'].shape == (3, 256, 256)


def test_gopro_takes_its_options(run, tmp_path):
    root = make_gopro(tmp_path / 'g')
    result = run('gopro', root, *PARTIAL, '--no-store', '--split', 'shuffled')
    assert 'Uncompressed' not in result.output
    assert not (root / 'store').exists()
    assert len(dataset_of(command_of(result.output))) == 12
    result = run(
        'gopro', root, *PARTIAL, '--split=shuffled', '--store', tmp_path / 's'
    )
    assert (tmp_path / 's' / 'manifest.json').exists()


def test_photos_end_in_the_command_that_trains(run, folders, tmp_path):
    """By the recipe, which deblurs; the paper's losses do not."""
    for path in folders[0].parent.rglob('*.png'):
        Image.open(path).resize((500, 480)).save(path)
    out = tmp_path / 'out'
    result = run('photos', *folders, '-o', out, '--min-side', 32)
    assert result.exit_code == 0, result.output
    command = command_of(result.output)
    weights = command[command.index('--load-from') + 1]
    assert find_weights(weights).is_file()
    dataset = dataset_of(command)
    assert (dataset.num_blur, dataset.num_sharp) == (2, 2)
    inputs = dataset[0]['inputs']
    assert inputs['img_blur'].shape == inputs['img_sharp'].shape
    assert inputs['img_blur'].shape == (3, 168, 168)
    assert dataset.pipeline.transforms[0].store is not None


def test_video_becomes_data(run, tmp_path):
    av = pytest.importorskip('av')
    random = np.random.default_rng(0)
    path = tmp_path / 'x.mp4'
    with av.open(str(path), 'w') as container:
        stream = container.add_stream('libx264', rate=240)
        stream.width = stream.height = 480
        for _ in range(2):
            coarse = random.integers(0, 256, (8, 8, 3), np.uint8)
            pixels = np.kron(coarse, np.ones((60, 60, 1), np.uint8))
            for _ in range(16):
                frame = av.VideoFrame.from_ndarray(pixels, format='rgb24')
                container.mux(stream.encode(frame))
        container.mux(stream.encode())
    result = run('video', path, '-o', tmp_path / 'out')
    assert result.exit_code == 0, result.output
    assert len(dataset_of(command_of(result.output))) >= 1


def test_page_to_look_at_is_written(run, folders, tmp_path):
    root = make_gopro(tmp_path / 'g')
    result = run('gopro', root, *PARTIAL, '--no-store', '--report')
    assert result.exit_code == 0, result.output
    page = root / 'report' / 'index.html'
    assert f"Report: '{page}'" in result.output
    assert 'GOPR0374_11_00&#39; is missing' in page.read_text()
    out = tmp_path / 'out'
    result = run('photos', *folders, '-o', out, '--min-side=32', '--report')
    assert (
        'Note: photographs of 32 pixels or more were accepted' in result.output
    )
    before = (out / 'report' / 'index.html').read_bytes()
    (out / 'report' / 'index.html').unlink()
    result = run('report', out)
    assert result.output.endswith(f"Report: '{out}/report/index.html'\n")
    assert (out / 'report' / 'index.html').read_bytes() == before
    # Nor does the page disturb what comes after.
    assert run('photos', *folders, '-o', out, '--min-side=32').exit_code == 0
    result = run('report', tmp_path / 'no')
    assert result.exit_code == 1
    assert 'is not a folder' in result.output


def test_errors_are_told_without_a_traceback(run, folders, tmp_path):
    root = make_gopro(tmp_path / 'g')
    for args, text in (
        (['gopro', root], 'add --allow-partial'),
        (['gopro', tmp_path / 'no.zip'], 'add --download URL'),
        (['photos', *folders, '-o', tmp_path / 'o'], 'too few for crops of'),
        (['video', tmp_path / 'no.mp4', '-o', tmp_path / 'o'], 'no.mp4'),
    ):
        result = run(*args)
        assert result.exit_code == 1
        assert 'Error: ' in result.output
        assert text in result.output
        assert isinstance(result.exception, SystemExit)


def test_the_tool_is_the_same_command(monkeypatch, capsys, tmp_path):
    root = make_gopro(tmp_path / 'g')
    script = str(ROOT / 'tools' / 'prepare_gopro.py')
    monkeypatch.setattr(sys, 'argv', [script, str(root), *PARTIAL])
    with pytest.raises(SystemExit) as stop:
        runpy.run_path(script, run_name='__main__')
    assert not stop.value.code
    assert 'To train on the images' in capsys.readouterr().out


@pytest.mark.process
def test_kill_in_the_middle_does_no_harm(run, tmp_path):
    root = make_gopro(tmp_path / 'g')
    code = (
        'import os, signal, sys\n'
        'from mmasgan.cli import main\n'
        'from mmasgan.datasets.prepare import store\n'
        'write, done = store._write, []\n'
        'def die(*args):\n'
        '    done.append(args)\n'
        '    if len(done) == 5:\n'
        '        os.kill(os.getpid(), signal.SIGKILL)\n'
        '    return write(*args)\n'
        'store._write = die\n'
        'main(["prepare", "gopro", *sys.argv[1:]])\n'
    )
    killed = forks.run('-c', code, root, *PARTIAL)
    assert killed.returncode == -9, killed.stderr
    assert len(list((root / 'store').rglob('*.npy'))) == 4
    assert not (root / 'split.json').exists()
    result = run('gopro', root, *PARTIAL)
    assert len(dataset_of(command_of(result.output))) == 6
