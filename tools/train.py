"""Train a model: ``python tools/train.py configs/ascyclegan_gopro.py``."""

import argparse
import os

from mmengine.config import DictAction
from mmengine.runner import Runner

from mmasgan.apis import enable_amp, load_config


def parse_args() -> argparse.Namespace:
    """Parse the command line, with the flags of MMEngine's tools."""
    parser = argparse.ArgumentParser(description='Train a model')
    parser.add_argument('config', help='config file')
    parser.add_argument('--work-dir', help='where logs and checkpoints go')
    parser.add_argument(
        '--resume',
        nargs='?',
        const='auto',
        help='go on from a checkpoint; without a path, from the newest in '
        'the work directory',
    )
    parser.add_argument(
        '--amp', action='store_true', help='train in mixed precision'
    )
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
    parser.add_argument('--local_rank', '--local-rank', type=int, default=0)
    return parser.parse_args()


def main() -> None:
    """Build the runner and train."""
    args = parse_args()
    os.environ.setdefault('LOCAL_RANK', str(args.local_rank))
    cfg = load_config(
        args.config,
        args.work_dir,
        args.data_root,
        args.cfg_options,
        args.launcher,
    )
    if args.amp:
        enable_amp(cfg)
    if args.resume is not None:
        cfg.resume = True
        cfg.load_from = None if args.resume == 'auto' else args.resume
    runner = Runner.from_cfg(cfg)
    runner.train()
    runner.logger.info(f'Checkpoints: {cfg.work_dir}; logs: {runner.log_dir}')


if __name__ == '__main__':
    main()
