"""The ``mmasgan`` command, with all commands below it.

Nothing heavy is imported before a command asks for it, so that ``doctor``
can speak where torch itself is missing.
"""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from .. import __version__
from .deblur import deblur
from .doctor import doctor
from .export import export
from .motion import motion
from .prepare import prepare
from .priors import priors
from .publish import publish
from .serve import serve
from .test import test
from .train import train

__all__ = ['main']


class _Group(click.Group):
    """Prints messages without what a terminal would obey."""

    def invoke(self, ctx: click.Context) -> Any:
        """See click."""
        try:
            with _cleaning_up():
                return super().invoke(ctx)
        except ModuleNotFoundError as error:
            from ..compat.diagnosis import is_left_out, is_small

            if not is_small() or not is_left_out(f'{error.name}'):
                raise
            raise click.ClickException(
                f'mmasgan {ctx.invoked_subcommand} needs {error.name}, which '
                'is left out where mmasgan is installed to deblur alone; '
                'install it in another environment with all it requires'
            ) from error
        except click.ClickException as error:
            from ..io.image.files import printable

            # Final for type checkers, since no one else changes it.
            vars(error)['message'] = printable(error.message)
            raise


@contextmanager
def _cleaning_up() -> Iterator[None]:
    """Let what is stopped by SIGTERM remove its temporary files."""
    if (
        threading.current_thread() is not threading.main_thread()
        or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
    ):
        yield
        return
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


@click.group(cls=_Group)
@click.version_option(__version__, prog_name='mmasgan')
def main() -> None:
    """AS-CycleGAN, unpaired image deblurring, for MMagic and MMEngine."""


main.add_command(deblur)
main.add_command(doctor)
main.add_command(export)
main.add_command(motion)
main.add_command(prepare)
main.add_command(priors)
main.add_command(publish)
main.add_command(serve)
main.add_command(test)
main.add_command(train)
