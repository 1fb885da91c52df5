"""From command-line arguments to a config that a Runner takes."""

import argparse
import os
import sys
from difflib import get_close_matches
from pathlib import Path
from traceback import extract_tb
from typing import Any

import torch
from mmengine.config import Config, DictAction

from .. import compat  # noqa: F401  before anything of MMagic
from ..utils.model_index import find_weights
from .config_keys import check_keys

CONFIGS = Path(__file__).parents[1] / 'configs'
VALIDATION = ('val_cfg', 'val_dataloader', 'val_evaluator')
OF_WORKERS = (
    'multiprocessing_context',
    'persistent_workers',
    'prefetch_factor',
)
"""Arguments of a data loader that PyTorch refuses where it has no workers."""

__all__ = [
    'config_parser',
    'enable_amp',
    'load_config',
    'parsed_config',
    'start_from',
]


def config_parser(description: str) -> argparse.ArgumentParser:
    """Return a parser with the arguments that all of our tools take.

    Args:
        description: Description of the tool.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument(
        'config', help="config file, or the name of one of the library's"
    )
    parser.add_argument('--work-dir', help='where logs and results go')
    parser.add_argument('--data-root', help='where all data sets look')
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
    # Given by older launchers; newer ones set the environment.
    parser.add_argument(
        '--local_rank', '--local-rank', type=int, default=0, help='set by them'
    )
    parser.add_argument(
        '--traceback',
        action='store_true',
        help='show where in the code an error comes from',
    )
    return parser


def parsed_config(args: argparse.Namespace) -> Config:
    """Load the config that the arguments of :func:`config_parser` ask for.

    Raises:
        FileNotFoundError: If there is no such file.
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
    """Load a config file and override what the command line says.

    Args:
        path: A config file, or the name of one in ``mmasgan.configs``. The
            folder of the file is searched for modules that it imports.
        work_dir: Folder of logs and checkpoints. None means the config's, or
            else ``work_dirs/<name of the file>``.
        data_root: Root folder of all data sets. None means the config's.
        cfg_options: Values by dotted key, as in MMEngine's tools. Of what
            belongs to the validation, one None switches it off.
        launcher: ``'none'``, ``'pytorch'``, ``'slurm'`` or ``'mpi'``.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is no text in UTF-8, or no Python, or fails.
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
        if loader is None:  # a stage that is switched off
            continue
        if data_root is not None:
            loader.dataset.data_root = data_root
        if 'num_workers' in loader:
            # More than processors only warn. Samples do not depend on them.
            loader.num_workers = min(loader.num_workers, _processors())
        if loader.get('num_workers') == 0:
            for key in OF_WORKERS:
                loader.pop(key, None)
    return cfg


def _processors() -> int:
    """Return how many PyTorch allows for before it warns."""
    if hasattr(os, 'sched_getaffinity'):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _found(path: str) -> str:
    """Return the config file that a path or a name stands for."""
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
        f"there is no config file '{path}', nor one of this name in the "
        f'library{hint}'
    )


def _read(path: str) -> Config:
    folder = str(Path(path).resolve().parent)
    if folder not in sys.path and not Path(folder).is_relative_to(
        CONFIGS.resolve()
    ):
        sys.path.append(folder)  # last: shadows nothing
    try:
        return Config.fromfile(path)
    except (SyntaxError, UnicodeDecodeError) as error:
        raise ValueError(
            f"'{path}', or a config that it reads, is no Python in UTF-8: "
            f'{error}. If it looks right, save it as UTF-8 without a '
            'byte-order mark (BOM)'
        ) from error
    # Whatever running it leads to; of MMEngine's, the message says enough.
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
    """Let all optimisers of a config train in mixed precision, in place.

    On a GPU by MMEngine's ``AmpOptimWrapper``, which refuses CPUs; there by
    :class:`~mmasgan.engine.BFloat16OptimWrapper`.
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
    """Let a training start from weights, in place.

    Args:
        cfg: The training's config.
        weights: A checkpoint; or a safetensors file, or the name of a
            published model, whose deblurring generator is taken.

    Raises:
        FileNotFoundError: If there is neither.
        ValueError: If the model has no deblurring generator to start with.
    """
    try:
        path = find_weights(weights)
    except FileNotFoundError as error:
        raise FileNotFoundError(f'--load-from: {error}') from error
    if path.suffix != '.safetensors':
        cfg.load_from = str(path)
    elif 'generator' not in cfg.model or 'cycle_loss' not in cfg.model:
        raise ValueError(
            f"'{path}' holds a generator alone, which only ASCycleGAN starts "
            'from; give a checkpoint of this model'
        )
    else:
        cfg.model.weights = str(path)
