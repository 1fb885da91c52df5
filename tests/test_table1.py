"""``python -m reproduce.table1``, as a user starts it."""

import os
import runpy
import subprocess
import sys

import forks
import pytest
from tiny import ROOT, make_gopro

TINY = [
    'model.generator.base_channels=4',
    'model.generator.num_blocks=1',
    'model.discriminator.base_channels=4',
    'train_dataloader.num_workers=0',
    'train_dataloader.persistent_workers=False',
    'train_dataloader.dataset.crop_size=32',
    'val_dataloader.num_workers=0',
    'test_dataloader.num_workers=0',
]


def table1(folder, *arguments):
    """Run the tool; return exit code and what it wrote."""
    environment = os.environ | {
        'OMP_NUM_THREADS': '1',
        'CUDA_VISIBLE_DEVICES': '',
        'PYTHONPATH': str(ROOT),
    }
    done = subprocess.run(
        [
            *(sys.executable, '-m', 'reproduce.table1'),
            *map(str, arguments),
        ],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.process
def test_it_trains_tests_reports_and_keeps_it(tmp_path):
    folder, gopro = tmp_path, make_gopro(tmp_path / 'gopro')
    common = ['--data', gopro, '--rows', 'cyclegan', '--work-dir', 'work']
    tiny = ['--cfg-options', *TINY]
    code, output = table1(folder, *common, '--budget', 1, *tiny)
    assert code == 0, output
    assert 'train cyclegan_gopro seed 0: ' in output
    assert 'Report: work/report/report.html' in output
    report = (folder / 'work' / 'report' / 'report.md').read_text()
    assert '| do nothing: the blurred input |' in report
    assert '| CycleGAN | cyclegan_gopro | 23.8 |' in report

    done = forks.run(
        *('-m', 'reproduce.table1', *common, '--budget', 2),
        *('--report-only', *tiny),
        cwd=folder,
    )
    output = done.stdout + done.stderr
    assert done.returncode == 1
    assert 'train_cfg.max_iters is 1, not 2' in output
    assert 'Traceback' not in output
    assert (folder / 'work' / 'report' / 'report.md').read_text() == report


@pytest.mark.process
def test_a_job_ends_with_who_started_it(tmp_path):
    """As here, where its standard input has ended."""
    os.mkfifo(tmp_path / 'config.py')  # which it waits for
    done = forks.run(
        *('-m', 'reproduce.table1.job', 'train'),
        *(tmp_path, '--stop-with-stdin'),
        cwd=ROOT,
        limit=120,
    )
    assert done.returncode == 1
    assert done.stderr == ''


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (['--data', 'no_such', '--budget', '1'], "'no_such' is not a folder"),
        (['--data', 'x', '--budget', 'big'], 'a number of iterations, got'),
        (
            ['--data', 'x', '--budget', '1', '--rows', 'ascyclegn_gopro'],
            "did you mean 'ascyclegan_gopro'?",
        ),
    ],
)
def test_wrong_arguments_are_told(
    monkeypatch, capsys, tmp_path, arguments, message
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, 'argv', ['table1', *arguments])
    with pytest.raises(SystemExit) as caught:
        runpy.run_module('reproduce.table1', run_name='__main__')
    assert message in str(caught.value)
    assert list(tmp_path.iterdir()) == []
