"""One interpreter without compat and one with it, each run once."""

import json
import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace

import pytest

HERE = Path(__file__).parent


@pytest.fixture(scope='session')
def is_fork():
    """Whether the fork of MMEngine stands in for the original."""
    try:
        metadata.version('onedl-mmengine')
    except metadata.PackageNotFoundError:
        return False
    return True


@pytest.fixture(scope='session')
def symptoms(tmp_path_factory):
    """What each fault breaks ``without`` compat and ``patched`` by it."""
    folder = tmp_path_factory.mktemp('symptoms')
    site = _editable_install(folder)
    given = os.environ.get('PYTHONPATH')
    env = {
        **os.environ,
        'PYTHONPATH': os.pathsep.join([*site, *([given] if given else [])]),
        'CUDA_VISIBLE_DEVICES': '-1',  # faults of machines without a GPU
    }
    command = [sys.executable, str(HERE / 'symptoms.py'), str(folder)]
    runs = [
        subprocess.Popen(
            line,
            env=env,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for line in (command, [*command, 'patch'])
    ]
    errors = [run.communicate(timeout=300)[1] for run in runs]
    assert [run.returncode for run in runs] == [0, 0], errors
    without, patched = (
        json.loads((folder / f'outcomes{patch}.json').read_text())
        for patch in (False, True)
    )
    return SimpleNamespace(without=without, patched=patched)


@pytest.fixture
def python(tmp_path):
    """Run statements in a fresh interpreter, and return its output."""

    def run(code):
        done = subprocess.run(
            [sys.executable, '-W', 'ignore', '-c', code],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env={**os.environ, 'CUDA_VISIBLE_DEVICES': '-1'},
            timeout=300,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def _editable_install(folder):
    """Lay out a package as pip does for ``pip install -e``.

    The distribution is in one place, the package in another that only the
    import system knows of. A config outside inherits one of the package's.
    """
    site, source = folder / 'site', folder / 'source'
    config = source / 'toypackage' / 'configs' / 'base.py'
    config.parent.mkdir(parents=True)
    (source / 'toypackage' / '__init__.py').touch()
    config.write_text('toy = 42\n')
    info = site / 'toypackage-1.0.dist-info'
    info.mkdir(parents=True)
    (info / 'METADATA').write_text(
        'Metadata-Version: 2.1\nName: toypackage\nVersion: 1.0\n'
    )
    (info / 'top_level.txt').write_text('toypackage\n')
    (folder / 'outside.py').write_text(
        'from mmengine.config import read_base\n\n'
        'with read_base():\n'
        '    from toypackage.configs.base import *\n'
    )
    (folder / 'with_os.py').write_text(
        "import os\n\npath = os.path.join('a', 'b')\n"
    )
    return str(site), str(source)


@pytest.fixture(scope='session')
def processes(tmp_path_factory):
    """What each of two communicating processes reports, see two_processes."""
    folder = tmp_path_factory.mktemp('processes')
    wrapper = 'MMSeparateDistributedDataParallel'
    (folder / 'parts.py').write_text(
        f'from mmengine.model import {wrapper}\n\n'
        f'model_wrapper_cfg = dict(type={wrapper})\n'
    )
    done = subprocess.run(
        [
            *(sys.executable, '-m', 'torch.distributed.run'),
            *('--nproc_per_node', '2', '--standalone'),
            *(str(HERE / 'two_processes.py'), str(folder)),
        ],
        capture_output=True,
        text=True,
        env={
            **os.environ,
            'CUDA_VISIBLE_DEVICES': '-1',
            'OMP_NUM_THREADS': '1',
        },
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    reports = [
        json.loads((folder / f'rank{rank}.json').read_text())
        for rank in (0, 1)
    ]
    return SimpleNamespace(reports=reports, output=done.stdout + done.stderr)
