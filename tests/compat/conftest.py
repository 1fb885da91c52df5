"""One interpreter without compat and one with it, each run once."""

import json
import os
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace

import forks
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
    paths = [*site, *([given] if given else [])]
    env = os.environ | {'PYTHONPATH': os.pathsep.join(paths)}
    errors = []
    for patch in ([], ['patch']):
        done = forks.run(
            *(HERE / 'symptoms.py', folder, *patch),
            env=env,
            modules=forks.BARE,
        )
        errors += [done.stderr] if done.returncode else []
    assert errors == []
    without, patched = (
        json.loads((folder / f'outcomes{patch}.json').read_text())
        for patch in (False, True)
    )
    return SimpleNamespace(without=without, patched=patched)


@pytest.fixture
def python(tmp_path):
    """Run statements in an interpreter, and return its output.

    It has imported no more than PyTorch, or nothing if told so.
    """

    def run(code, modules=forks.BARE):
        code = f'import warnings; warnings.simplefilter("ignore")\n{code}'
        done = forks.run('-c', code, cwd=tmp_path, modules=modules)
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
    output = forks.run_ranks(
        *(HERE / 'two_processes.py', folder), cwd=folder, modules=forks.BARE
    )
    reports = [
        json.loads((folder / f'rank{rank}.json').read_text())
        for rank in (0, 1)
    ]
    return SimpleNamespace(reports=reports, output=output)
