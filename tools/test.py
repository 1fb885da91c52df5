"""Test a model: ``python tools/test.py CONFIG [CHECKPOINT]``."""

import os
import sys

from mmengine.runner import Runner, find_latest_checkpoint

from mmasgan.apis import config_parser, parsed_config


def main() -> None:
    """Build the runner and test."""
    parser = config_parser('Test a model')
    parser.add_argument(
        'checkpoint',
        nargs='?',
        help='checkpoint file; without it, the newest in the work directory',
    )
    args = parser.parse_args()
    cfg = parsed_config(args)
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
