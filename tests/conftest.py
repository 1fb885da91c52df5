"""What all tests share: their cost, a fixed start, and the devices."""

import functools
import gc
import os
import random
import sys
from pathlib import Path
from types import SimpleNamespace

# Threads fight over tensors as small as the tests'; read when torch is
# imported, here and in the processes that tests start.
os.environ.setdefault('OMP_NUM_THREADS', '1')

import forks
import numpy as np
import pytest
import torch

# Before anything of OpenMMLab is imported.
forks.serve(forks.BARE)

# Each test has one of these marks: its own, or that of the most expensive
# fixture that it uses, or else `unit`. The most expensive files start first,
# so that no process waits long for the other one at the end.
COSTS = ('app', 'process', 'runner', 'unit')
FIXTURES = {
    'editors': 'process',
    'exported': 'process',
    'finished': 'process',
    'fresh': 'process',
    'killed': 'process',
    'processes': 'process',
    'python': 'process',
    'sample_root': 'process',
    'symptoms': 'process',
    'backbone': 'runner',
    'drawn': 'runner',
    'inception': 'runner',
    'pyssim': 'runner',
    'trained': 'runner',
}
# They share what is trained or exported once per session.
SHARED = ('tests/apis', 'tests/compat', 'tests/reproduce')
# Where `.ci/run` looks for tests of the server.
SERVED = ('tests/serve/', 'tests/test_deploy.py')
# How a file marks all of its tests as such.
APP = '\npytestmark = pytest.mark.app\n'
# Its jobs are forks, and a fork cannot train once its parent has.
FORKS = Path(__file__).parent / 'reproduce'
STARTS = {'os.fork', 'os.posix_spawn', 'os.system', 'subprocess.Popen'}
# Quick ones: Git's, and those that ctypes asks for libraries.
QUICK = {'gcc', 'git', 'ld', 'ldconfig', 'objdump'}

_is_unit = False


def cost_of(item):
    """Return the mark of a test."""
    own = {mark.name for mark in item.iter_markers()} & set(COSTS)
    if len(own) > 1:
        raise pytest.UsageError(f'{item.nodeid} has the marks {own}: keep one')
    used = {FIXTURES.get(name, 'unit') for name in item.fixturenames}
    return own.pop() if own else min(used, key=COSTS.index, default='unit')


def pytest_ignore_collect(collection_path, config):
    """Spare the other tests Gradio, which takes seconds to import."""
    if config.option.markexpr in ('unit', 'not app') and (
        collection_path.suffix == '.py'
        and APP in collection_path.read_text('utf-8')
    ):
        return True
    return None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Mark the tests by their cost, and sort their files by it."""
    files = {}
    for item in items:
        cost = cost_of(item)
        if cost == 'app' and not item.nodeid.startswith(SERVED):
            raise pytest.UsageError(f'{item.nodeid}: move it to tests/serve')
        if not item.get_closest_marker(cost):
            item.add_marker(cost)
        here = files.get(item.path, 'unit')
        files[item.path] = min(here, cost, key=COSTS.index)
    items.sort(
        key=lambda item: (
            FORKS not in item.path.parents,
            COSTS.index(files[item.path]),
        )
    )
    _watch_runner()
    _spare_what_is_slow()
    gc.collect()
    gc.freeze()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Give each file to one process, in the order above."""
    from xdist.scheduler import LoadScopeScheduling

    class ByFile(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            path = nodeid.split('::')[0]
            folder = '/'.join(path.split('/')[:2])
            return folder if folder in SHARED else path

    config.option.loadscopereorder = False
    return ByFile(config, log)


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session):
    """Fork servers of commands before anything trains."""
    marks = {m.name for item in session.items for m in item.iter_markers()}
    if 'process' in marks:
        forks.serve(forks.TRAINING)
    if 'app' in marks:
        forks.serve(forks.SERVING)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item):
    """Hold a test to its mark, with the fixtures that are set up for it."""
    global _is_unit
    _is_unit = item.get_closest_marker('unit') is not None
    try:
        return (yield)
    finally:
        _is_unit = False


def _refuse(event):
    if _is_unit:
        raise RuntimeError(f'{event} in a unit test: mark it by its cost')


def _watch_runner():
    """Refuse the runner's loops to unit tests."""
    runner = sys.modules.get('mmengine.runner')
    for name in ('train', 'val', 'test') if runner else ():
        loop = getattr(runner.Runner, name)

        @functools.wraps(loop)
        def watched(*args, _loop=loop, **kwargs):
            _refuse(f'Runner.{_loop.__name__}')
            return _loop(*args, **kwargs)

        setattr(runner.Runner, name, watched)


def _spare_what_is_slow():
    """Leave out what takes longer than the training of a small model.

    MMEngine collects garbage for each data set, and formats each config.
    """
    data = sys.modules.get('mmengine.dataset.base_dataset')
    if hasattr(data, 'gc'):
        data.gc = SimpleNamespace(collect=lambda: 0)
    config = sys.modules.get('mmengine.config.config')
    if hasattr(config, 'FormatCode'):
        config.FormatCode = functools.wraps(config.FormatCode)(
            lambda code, **style: (code, True)
        )


def _audit(event, args):
    """Refuse processes, but for those that multiprocessing spawns."""
    if event in STARTS:
        if args and Path(os.fsdecode(args[0])).name in QUICK:
            return
        _refuse(event)


sys.addaudithook(_audit)


@pytest.fixture(autouse=True)
def fixed_seed():
    random.seed(0)
    np.random.seed(0)
    torch.manual_seed(0)


@pytest.fixture(autouse=True)
def first_iteration():
    """Start at iteration 0, wherever an earlier test ended."""
    logging = sys.modules.get('mmengine.logging')
    if logging:
        logging.MessageHub.get_current_instance().update_info('iter', 0)


@pytest.fixture(
    params=['cpu', 'cuda'] if torch.cuda.is_available() else ['cpu']
)
def device(request):
    """The CPU, and a GPU where there is one, in full float32 precision."""
    cudnn, matmul = torch.backends.cudnn, torch.backends.cuda.matmul
    allowed = cudnn.allow_tf32, matmul.allow_tf32
    cudnn.allow_tf32 = matmul.allow_tf32 = False
    yield torch.device(request.param)
    cudnn.allow_tf32, matmul.allow_tf32 = allowed


@pytest.fixture
def tiny_sample(monkeypatch):
    """Let the sample be made of two small pairs; its recipe."""

    from mmasgan.datasets import sample_dataset

    recipe = {
        **sample_dataset.RECIPE,
        'size': 32,
        'images': {'train': 1, 'test': 1},
        'photographs': {'train': ['rocket.jpg'], 'test': ['chelsea.png']},
    }
    monkeypatch.setattr(sample_dataset, 'RECIPE', recipe)
    return recipe
