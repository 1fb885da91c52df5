"""``mmasgan train`` and ``tools/train.py``: train a model."""

import argparse
import sys
from collections.abc import Sequence
from typing import Any

import click

from .errors import plain_errors

__all__ = ['main', 'train']

# Of commands whose options argparse reads.
TO_ARGPARSE: dict[str, Any] = dict(
    context_settings=dict(
        ignore_unknown_options=True, allow_interspersed_args=False
    ),
    add_help_option=False,
    options_metavar='',
)


@click.command(**TO_ARGPARSE)
@click.argument(
    'arguments',
    nargs=-1,
    type=click.UNPROCESSED,
    metavar='CONFIG|NAME [OPTIONS]',
)
def train(arguments: tuple[str, ...]) -> None:
    """Train the model of a config.

    The config is a file, or the name of a config of the library, such as
    ascyclegan_sample. --help lists the options, which are those of
    tools/train.py.
    """
    main(arguments, 'mmasgan train')


def main(arguments: Sequence[str] | None = None, name: str = '') -> None:
    """Parse a command line, by default that of the process, and train.

    Raises:
        SystemExit: After a user error, which is printed in one line, or after
            a signal.
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    with plain_errors('--traceback' in arguments):
        from torch.distributed.elastic.multiprocessing.errors import record

        # Lets torchrun report the error of the process that failed.
        record(_train)(_parse(arguments, name))


def _parse(arguments: Sequence[str], name: str) -> argparse.Namespace:
    from ..apis.config import config_parser

    parser = config_parser('Train a model')
    parser.prog = name or parser.prog
    parser.add_argument(
        '--resume',
        nargs='?',
        const='auto',
        help='continue from a checkpoint; default: the latest in the work '
        'directory',
    )
    parser.add_argument(
        '--amp', action='store_true', help='train in mixed precision'
    )
    parser.add_argument(
        '--load-from',
        help='start from a checkpoint, or from the deblurring generator in a '
        'safetensors file or in a published model, given by name',
    )
    return parser.parse_args(arguments)


def _train(args: argparse.Namespace) -> None:
    from mmengine.runner import Runner

    from ..apis.config import enable_amp, parsed_config, start_from

    cfg = parsed_config(args)
    if args.amp:
        enable_amp(cfg)
    if args.load_from is not None:
        start_from(cfg, args.load_from)
    if args.resume is not None:
        cfg.resume = True
        cfg.load_from = None if args.resume == 'auto' else args.resume
    runner = Runner.from_cfg(cfg)
    runner.train()
    runner.logger.info(f'Checkpoints: {cfg.work_dir}; logs: {runner.log_dir}')
