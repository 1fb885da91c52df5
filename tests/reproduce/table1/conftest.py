"""A comparison of two rows with two seeds, in a second or two each job.

A job is a fork of the test, not a new interpreter, which would import for
longer than it trains; ``tests/test_table1.py`` starts real ones.
"""

import importlib
import os
import shutil
import sys
import traceback
from contextlib import contextmanager
from io import StringIO
from types import SimpleNamespace

import pytest
from forks import TRAINING
from rich.console import Console
from tiny import make_gopro

from reproduce.table1 import job, runs
from reproduce.table1.budget import parse_budget
from reproduce.table1.plan import plan_jobs
from reproduce.table1.rows import find_rows

ROWS = ['cyclegan_gopro', 'ascyclegan_resnet_gopro']
SEEDS = [0, 1]
TINY = {
    'model.generator.base_channels': 4,
    'model.generator.num_blocks': 1,
    'model.discriminator.base_channels': 4,
    'train_dataloader.num_workers': 0,
    'train_dataloader.persistent_workers': False,
    'train_dataloader.dataset.crop_size': 32,
    'val_dataloader.num_workers': 0,
    'test_dataloader.num_workers': 0,
    'default_hooks.visualization.interval': 100,  # no pictures
}


@contextmanager
def forked(stage, folder):
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.dup2(write, 1)
            sys.stdout = sys.stderr = os.fdopen(1, 'w')
            job.main([stage, str(folder)])
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            os._exit(code)
    os.close(write)
    process = SimpleNamespace(returncode=None)
    with os.fdopen(read, errors='replace') as process.stdout:
        yield process
        status = os.waitpid(child, 0)[1]
        process.returncode = os.waitstatus_to_exitcode(status)


class Comparison:
    """What the tool does, with the tiny rows."""

    def __init__(self, data, work_dir):
        self.data, self.work_dir = data, work_dir

    def plan(self, rows=ROWS, seeds=SEEDS, budget='2', vgg=None, **options):
        return plan_jobs(
            find_rows(rows),
            seeds,
            str(self.data),
            parse_budget(budget),
            self.work_dir,
            vgg,
            TINY | options,
        )

    def run(self, jobs=None, stages=('train', 'test')):
        """Run jobs; return what failed, what it printed."""
        text = StringIO()
        console = Console(file=text, width=1000)
        failures = runs.run_jobs(jobs or self.plan(), stages, console)
        return failures, text.getvalue()

    def copied(self, folder):
        """Return this comparison with a work directory of its own."""
        shutil.copytree(self.work_dir, folder, symlinks=True)
        return Comparison(self.data, folder)

    def folder(self, row=ROWS[0], seed=0):
        return self.work_dir / row / f'seed{seed}'


@contextmanager
def forks():
    """Let jobs be forks of this process, on the CPU."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runs, '_process', forked)
        patch.setattr('mmengine.device.utils.DEVICE', 'cpu')
        yield


@pytest.fixture(autouse=True)
def _forks():
    with forks():
        yield


@pytest.fixture(scope='session')
def gopro(tmp_path_factory):
    return make_gopro(tmp_path_factory.mktemp('gopro'))


@pytest.fixture(scope='session', autouse=True)
def _imported():
    """Import here, once, and not in each fork."""
    for name in TRAINING:
        importlib.import_module(name)


@pytest.fixture(scope='session')
def finished(_imported, gopro, tmp_path_factory):
    """A comparison that has been run; not to be changed."""
    comparison = Comparison(gopro, tmp_path_factory.mktemp('work') / 'table')
    with forks():
        failures, _ = comparison.run()
    assert not failures, (comparison.folder() / 'log.txt').read_text()
    return comparison


@pytest.fixture
def comparison(finished, tmp_path):
    """The same in a folder of its own."""
    return finished.copied(tmp_path / 'table')


@pytest.fixture
def fresh(gopro, tmp_path):
    """A comparison that has not been run."""
    return Comparison(gopro, tmp_path / 'table')
