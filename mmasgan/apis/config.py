"""From command-line arguments to a config that a Runner takes."""

import argparse
import os
from pathlib import Path
from typing import Any

import torch
from mmengine.config import Config, DictAction

from .. import compat  # noqa: F401  before anything of MMagic
from .config_keys import check_keys

__all__ = ['config_parser', 'enable_amp', 'load_config', 'parsed_config']


def config_parser(description: str) -> argparse.ArgumentParser:
    """Return a parser with the arguments that all of our tools take.

    Args:
        description: What the tool does.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument('config', help='config file')
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
        path: A config file.
        work_dir: Where logs and checkpoints go. None takes the config's, or
            else ``work_dirs/<name of the file>``.
        data_root: Where all data sets look. None leaves the config's.
        cfg_options: Values by dotted key, as in MMEngine's tools.
        launcher: ``'none'``, ``'pytorch'``, ``'slurm'`` or ``'mpi'``.

    Raises:
        FileNotFoundError: If there is no such file.
    """
    cfg = Config.fromfile(path)
    cfg.launcher = launcher
    cfg.merge_from_dict(cfg_options or {})
    if work_dir is not None:
        cfg.work_dir = work_dir
    elif cfg.get('work_dir') is None:
        cfg.work_dir = str(Path('work_dirs', Path(path).stem))
    if data_root is not None:
        for stage in ('train', 'val', 'test'):
            cfg[f'{stage}_dataloader'].dataset.data_root = data_root
    return cfg


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
