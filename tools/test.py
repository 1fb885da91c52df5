"""Test a model: ``python tools/test.py CONFIG [CHECKPOINT]``."""

import argparse
import os
import sys

from mmengine.config import DictAction
from mmengine.runner import Runner, find_latest_checkpoint

from mmasgan.apis import load_config


def parse_args() -> argparse.Namespace:
    """Parse the command line, with the flags of MMEngine's tools."""
    parser = argparse.ArgumentParser(description='Test a model')
    parser.add_argument('config', help='config file')
    parser.add_argument(
        'checkpoint',
        nargs='?',
        help='checkpoint file; without it, the newest in the work directory',
    )
    parser.add_argument('--work-dir', help='where logs and pictures go')
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
    """Build the runner and test."""
    args = parse_args()
    os.environ.setdefault('LOCAL_RANK', str(args.local_rank))
    cfg = load_config(
        args.config,
        args.work_dir,
        args.data_root,
        args.cfg_options,
        args.launcher,
    )
    checkpoint = args.checkpoint or find_latest_checkpoint(cfg.work_dir)
    if checkpoint is None or not os.path.isfile(checkpoint):
        sys.exit(
            f'No checkpoint at {checkpoint or cfg.work_dir}: train first, or '
            'name one.'
        )
    cfg.load_from = checkpoint
    cfg.resume = False
    Runner.from_cfg(cfg).test()


if __name__ == '__main__':
    main()
