"""``mmasgan test`` and ``tools/test.py``: test a model."""

import argparse
import os
import sys
from collections.abc import Sequence

import click

from .errors import plain_errors
from .train import TO_ARGPARSE

__all__ = ['main', 'test']


@click.command(**TO_ARGPARSE)
@click.argument(
    'arguments',
    nargs=-1,
    type=click.UNPROCESSED,
    metavar='CONFIG|NAME [CHECKPOINT] [OPTIONS]',
)
def test(arguments: tuple[str, ...]) -> None:
    """Test a model on the test images of a config.

    The config is a file, or the name of a config of the library. --help lists
    the options, which are those of tools/test.py.
    """
    main(arguments, 'mmasgan test')


def main(arguments: Sequence[str] | None = None, name: str = '') -> None:
    """Parse a command line, by default that of the process, and test.

    Raises:
        SystemExit: After a user error, which is printed in one line.
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    with plain_errors('--traceback' in arguments):
        _test(_parse(arguments, name))


def _parse(arguments: Sequence[str], name: str) -> argparse.Namespace:
    from ..apis.config import config_parser

    parser = config_parser('Test a model')
    parser.prog = name or parser.prog
    parser.add_argument(
        'checkpoint',
        nargs='?',
        help='checkpoint file; default: the latest in the work directory',
    )
    return parser.parse_args(arguments)


def _test(args: argparse.Namespace) -> None:
    from mmengine.runner import Runner, find_latest_checkpoint

    from ..apis.config import parsed_config

    cfg = parsed_config(args)
    checkpoint = args.checkpoint or find_latest_checkpoint(cfg.work_dir)
    if checkpoint is None or not os.path.isfile(checkpoint):
        raise FileNotFoundError(
            f"no checkpoint at '{checkpoint or cfg.work_dir}': train first, "
            'or give the path of a checkpoint'
        )
    cfg.load_from = checkpoint
    cfg.resume = False
    Runner.from_cfg(cfg).test()
