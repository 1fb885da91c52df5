"""Run what upstream's faults break, and print what came of it as JSON.

Usage: ``python symptoms.py FOLDER [patch]``, where ``patch`` imports
``mmasgan.compat`` first. Run in an interpreter of its own.
"""

import json
import os
import signal
import sys
import warnings
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

import toy_cyclegan

PATCH = 'patch' in sys.argv
FOLDER = Path(sys.argv[1])


def numpy_bool8():
    import_module('mmagic.utils')


def mmcv_version():
    import mmcv

    version, mmcv.__version__ = mmcv.__version__, '2.2.0'
    try:
        import_module('mmagic')
    finally:
        mmcv.__version__ = version
        sys.modules.pop('mmagic', None)


def albumentations_missing():
    with lent_bool8(), without('albumentations'):
        import_module('mmagic.datasets.transforms')


def editors():
    with lent_bool8():
        import_module('mmagic.models')


def mediapipe_solutions():
    import_module('controlnet_aux')


def apis():
    import_module('mmagic.apis')


def installed_path():
    from mmengine.config import Config

    return Config.fromfile(FOLDER / 'outside.py').toy


def installed_path_without_pkg_resources():
    with without('pkg_resources'):
        return installed_path()


def external_configs():
    from mmengine.hub import get_config

    return get_config('mmasgan::_base_/schedule.py').train_cfg.max_iters


def external_configs_without_folder():
    from mmengine.hub import get_config

    return Path(get_config('mmasgan::ascyclegan_sample.py').filename).name


def frozen_stdlib():
    from mmengine.config import Config

    return Config.fromfile(FOLDER / 'with_os.py', lazy_import=True).path


def repeated_formatting():
    """Return how often YAPF runs for a text that is asked for twice."""
    from mmengine.config import Config
    from yapf.yapflib import reformatter

    calls = []
    original = reformatter.Reformat
    reformatter.Reformat = lambda *lines: calls.append(1) or original(*lines)
    try:
        cfg = Config(dict(some='thing'))
        assert cfg.pretty_text == cfg.pretty_text
    finally:
        reformatter.Reformat = original
    return len(calls)


def idle_warnings():
    """Return what a checkpoint hook's start and another warning log."""
    from logging import WARNING

    import mmengine.logging.logger as logger
    from mmengine.fileio import FileClient
    from mmengine.logging import print_log

    said = []

    def note(record):
        said.append(record.getMessage().split()[0])

    current = logger.MMLogger.get_current_instance()
    current.addFilter(note)
    FileClient(backend='disk')
    print_log('Else', logger='current', level=WARNING)
    current.removeFilter(note)
    return said


def wrapper_class():
    import mmengine.runner  # noqa: F401
    from mmengine.model import MMSeparateDistributedDataParallel
    from mmengine.registry import MODEL_WRAPPERS

    return MODEL_WRAPPERS.get(MMSeparateDistributedDataParallel).__name__


def wrapped_names():
    from mmengine.model import MMSeparateDistributedDataParallel
    from torch import distributed, nn

    meeting = f'file://{FOLDER}/names{PATCH}'
    distributed.init_process_group('gloo', meeting, rank=0, world_size=1)
    try:
        model = nn.ModuleDict({'part': nn.Linear(1, 1)})
        wrapper = MMSeparateDistributedDataParallel(model)
        return list(wrapper.module.state_dict())
    finally:
        distributed.destroy_process_group()


def checkpoint_types():
    from mmengine.logging import HistoryBuffer
    from mmengine.runner import load_checkpoint, save_checkpoint
    from torch import nn

    path = str(FOLDER / 'checkpoint.pth')
    scalars = {'train/loss': HistoryBuffer([2.0], [1])}
    state = dict(state_dict={}, message_hub=dict(log_scalars=scalars))
    save_checkpoint(state, path)
    loaded = load_checkpoint(nn.Module(), path)
    return loaded['message_hub']['log_scalars']['train/loss'].mean()


def checkpoint_writes():
    """Return what is left of a checkpoint whose successor fills the disk."""
    import resource

    from mmengine.fileio import LocalBackend

    path = FOLDER / f'full{PATCH}.pth'
    backend = LocalBackend()
    backend.put(b'old', path)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, limits[1]))
    try:
        backend.put(b'new' * 1_000, path)
    except OSError as error:
        return path.read_bytes()[:3].decode(), str(error)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)


def latest_checkpoint():
    from mmengine.runner.checkpoint import find_latest_checkpoint

    folder = FOLDER / f'latest{PATCH}'
    folder.mkdir()
    (folder / 'last_checkpoint').write_text(str(folder / 'iter_2.pth'))
    return find_latest_checkpoint(str(folder))


def gloo_without_gpu(backend='nccl'):
    from mmengine.dist import init_dist
    from torch import distributed

    os.environ.update(RANK='0', WORLD_SIZE='1', LOCAL_RANK='0')
    meeting = f'file://{FOLDER}/{backend}{PATCH}'
    init_dist('pytorch', backend, init_method=meeting, rank=0, world_size=1)
    backend = distributed.get_backend()
    distributed.destroy_process_group()
    return backend


def gloo_chosen():
    return gloo_without_gpu('gloo')


def device_ids_without_gpu():
    from mmengine.model import MMDistributedDataParallel
    from torch import distributed, nn

    meeting = f'file://{FOLDER}/wrapper{PATCH}'
    distributed.init_process_group('gloo', meeting, rank=0, world_size=1)
    try:
        MMDistributedDataParallel(nn.Linear(1, 1), device_ids=[0])
    finally:
        distributed.destroy_process_group()


def generation_init():
    toy_cyclegan.build().init_weights()


def translation_output():
    import torch

    with torch.no_grad():
        return toy_cyclegan.score(toy_cyclegan.build())


@contextmanager
def without(name):
    there = sys.modules.get(name)
    sys.modules[name] = None
    try:
        yield
    finally:
        del sys.modules[name]
        if there is not None:
            sys.modules[name] = there


@contextmanager
def lent_bool8():
    """Pass the first fault by, to see the next one without compat."""
    import numpy as np

    lend = not PATCH and not hasattr(np, 'bool8')
    if lend:
        np.bool8 = np.bool_
    yield
    if lend:
        del np.bool8


def load_editors_by_need():
    """Pass the editors' fault by: declare the package, import none of it."""
    import mmagic

    name = 'mmagic.models.editors'
    package = type(sys)(name)
    package.__path__ = [f'{mmagic.__path__[0]}/models/editors']
    package.__all__ = []
    sys.modules[name] = package
    with lent_bool8():
        import_module('mmagic.models')
        import_module('mmagic.evaluation')


def main():
    warnings.simplefilter('ignore')
    outcomes = {}

    def run(symptom):
        try:
            outcome = dict(error=None, value=symptom())
        except Exception as error:
            outcome = dict(error=f'{type(error).__name__}: {error}')
        outcomes[symptom.__name__] = outcome

    if PATCH:
        import mmasgan.compat
    for symptom in (
        installed_path,
        installed_path_without_pkg_resources,
        external_configs,
        external_configs_without_folder,
        frozen_stdlib,
        repeated_formatting,
        idle_warnings,
        wrapper_class,
        mmcv_version,
        numpy_bool8,
        albumentations_missing,
        editors,
        mediapipe_solutions,
        apis,
        checkpoint_types,
        checkpoint_writes,
        latest_checkpoint,
        gloo_without_gpu,
        gloo_chosen,
        device_ids_without_gpu,
        wrapped_names,
    ):
        run(symptom)
    if not PATCH:
        load_editors_by_need()
    run(generation_init)
    run(translation_output)
    if PATCH:
        outcomes['patched'] = mmasgan.compat.patched()
        outcomes['skipped'] = mmasgan.compat.editors.skipped_editors()
    (FOLDER / f'outcomes{PATCH}.json').write_text(
        json.dumps(outcomes, default=float)
    )


if __name__ == '__main__':
    main()
