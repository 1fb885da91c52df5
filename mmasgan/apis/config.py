"""Configs for a Runner, from command-line arguments."""

import argparse
import os
import sys
from difflib import get_close_matches
from pathlib import Path
from traceback import extract_tb
from typing import Any

import torch
from mmengine.config import Config, DictAction

from .. import compat  # noqa: F401  before MMagic
from ..utils.model_index import find_weights
from .config_keys import check_keys

CONFIGS = Path(__file__).parents[1] / 'configs'
VALIDATION = ('val_cfg', 'val_dataloader', 'val_evaluator')
OF_WORKERS = (
    'multiprocessing_context',
    'persistent_workers',
    'prefetch_factor',
)
"""Arguments of data loaders that PyTorch refuses without workers."""

__all__ = [
    'config_parser',
    'enable_amp',
    'load_config',
    'parsed_config',
    'start_from',
]


def config_parser(description: str) -> argparse.ArgumentParser:
    """Return a parser with the common arguments of all tools."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument(
        'config', help='config file, or name of a config of the library'
    )
    parser.add_argument('--work-dir', help='folder of logs and results')
    parser.add_argument('--data-root', help='root folder of all data sets')
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action=DictAction,
        help='override config values: key.sub=value, lists as "[a,b]"',
    )
    parser.add_argument(
        '--launcher',
        choices=['none', 'pytorch', 'slurm', 'mpi'],
        default='none',
        help='how the processes were started',
    )
    # Of older launchers; newer ones set an environment variable.
    parser.add_argument(
        '--local_rank',
        '--local-rank',
        type=int,
        default=0,
        help='set by launchers',
    )
    parser.add_argument(
        '--traceback',
        action='store_true',
        help='show the traceback of errors',
    )
    return parser


def parsed_config(args: argparse.Namespace) -> Config:
    """Load the config of parsed arguments.

    Raises:
        FileNotFoundError: If the file does not exist.
        ValueError: If a key in it is misspelt.
    """
    os.environ.setdefault('LOCAL_RANK', str(args.local_rank))
    cfg = load_config(
        args.config,
        args.work_dir,
        args.data_root,
        args.cfg_options,
        args.launcher,
    )
    check_keys(cfg)
    return cfg


def load_config(
    path: str,
    work_dir: str | None = None,
    data_root: str | None = None,
    cfg_options: dict[str, Any] | None = None,
    launcher: str = 'none',
) -> Config:
    """Load a config file and override values.

    Args:
        path: Path of a config file, or name of a config in
            ``mmasgan.configs``. The file can import modules in its folder.
        work_dir: Folder of logs and checkpoints. None means the config's, or
            ``work_dirs/<name of the file>`` if it has none.
        data_root: Root folder of all data sets. None means the config's.
        cfg_options: Values by dotted key, as in MMEngine's tools. Setting
            any key of the validation to None disables the validation.
        launcher: ``'none'``, ``'pytorch'``, ``'slurm'`` or ``'mpi'``.

    Raises:
        FileNotFoundError: If the file does not exist.
        ValueError: If it is not valid Python in UTF-8, or raises an error.
    """
    path = _found(path)
    cfg = _read(path)
    cfg.launcher = launcher
    cfg.merge_from_dict(cfg_options or {})
    if any(key in cfg and cfg[key] is None for key in VALIDATION):
        cfg.update(dict.fromkeys(VALIDATION))
    if work_dir is not None:
        cfg.work_dir = work_dir
    elif cfg.get('work_dir') is None:
        cfg.work_dir = str(Path('work_dirs', Path(path).stem))
    for stage in ('train', 'val', 'test'):
        loader = cfg.get(f'{stage}_dataloader')
        if loader is None:  # disabled stage
            continue
        if data_root is not None:
            loader.dataset.data_root = data_root
        if 'num_workers' in loader:
            # More workers than processors only cause a warning. Samples do
            # not depend on the number of workers.
            loader.num_workers = min(loader.num_workers, _processors())
        if loader.get('num_workers') == 0:
            for key in OF_WORKERS:
                loader.pop(key, None)
    return cfg


def _processors() -> int:
    """Return the number of workers above which PyTorch warns."""
    if hasattr(os, 'sched_getaffinity'):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _found(path: str) -> str:
    """Return the path of a config file, given by path or name."""
    if os.path.isfile(path):
        return path
    known = {
        file.stem: str(file)
        for folder in (CONFIGS, CONFIGS / 'ablation')
        for file in sorted(folder.glob('*.py'))
    }
    name = Path(path).stem
    if path in (name, f'{name}.py') and name in known:
        return known[name]
    near = get_close_matches(name, known, n=1)
    hint = f'; did you mean {near[0]}?' if near else ''
    raise FileNotFoundError(
        f"there is no config file '{path}', nor a config of this name in the "
        f'library{hint}'
    )


def _read(path: str) -> Config:
    folder = str(Path(path).resolve().parent)
    if folder not in sys.path and not Path(folder).is_relative_to(
        CONFIGS.resolve()
    ):
        sys.path.append(folder)  # last, so that it shadows nothing
    try:
        return Config.fromfile(path)
    except (SyntaxError, UnicodeDecodeError) as error:
        raise ValueError(
            f"'{path}', or a config that it inherits, is not valid Python in "
            f'UTF-8: {error}. If it looks correct, save it as UTF-8 without '
            'a byte-order mark (BOM)'
        ) from error
    # Running the file may raise any error.
    except Exception as error:
        lines = [
            frame.lineno
            for frame in extract_tb(error.__traceback__)
            if os.path.realpath(frame.filename) == os.path.realpath(path)
        ]
        where = f', line {lines[-1]}' if lines else ''
        raise ValueError(
            f"'{path}'{where}: {type(error).__name__}: {error}"
        ) from error


def enable_amp(cfg: Config) -> None:
    """Enable mixed precision for all optimizers of a config, in place.

    The wrapper is MMEngine's ``AmpOptimWrapper`` on a GPU, and
    :class:`~mmasgan.engine.BFloat16OptimWrapper` on a CPU.
    """
    if torch.cuda.is_available():
        amp = dict(type='AmpOptimWrapper', loss_scale='dynamic')
    else:
        amp = dict(type='mmasgan.BFloat16OptimWrapper')
    wrappers = cfg.optim_wrapper
    if 'optimizer' in wrappers:
        wrappers.update(amp)
        return
    for wrapper in wrappers.values():
        if isinstance(wrapper, dict):
            wrapper.update(amp)


def start_from(cfg: Config, weights: str) -> None:
    """Set the initial weights of a training, in place.

    Args:
        cfg: Config of the training.
        weights: Path of a checkpoint; or path of a safetensors file or name of
            a published model, for the deblurring generator only.

    Raises:
        FileNotFoundError: If the file does not exist.
        ValueError: If the model has no deblurring generator.
    """
    try:
        path = find_weights(weights)
    except FileNotFoundError as error:
        raise FileNotFoundError(f'--load-from: {error}') from error
    if path.suffix != '.safetensors':
        cfg.load_from = str(path)
    elif 'generator' not in cfg.model or 'cycle_loss' not in cfg.model:
        raise ValueError(
            f"'{path}' only contains a generator, from which only ASCycleGAN "
            'can start; use a checkpoint of this model'
        )
    else:
        cfg.model.weights = str(path)
