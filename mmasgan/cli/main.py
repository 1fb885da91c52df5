"""The ``mmasgan`` command and its subcommands.

Subcommands import large packages only when they run, so that ``doctor`` works
without torch.
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
from .errors import left_out
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
    """Group that removes control characters from error messages."""

    def invoke(self, ctx: click.Context) -> Any:
        """See click."""
        try:
            with _cleaning_up():
                return super().invoke(ctx)
        except KeyboardInterrupt:
            click.echo('Stopped.', err=True)
            ctx.exit(130)
        except ModuleNotFoundError as error:
            if not (text := left_out(error)):
                raise
            raise click.ClickException(text) from error
        except click.ClickException as error:
            from ..io.image.files import printable

            # click marks the attribute as final.
            message = left_out(error.__cause__) or error.message
            vars(error)['message'] = printable(message)
            raise


@contextmanager
def _cleaning_up() -> Iterator[None]:
    """Exit normally after SIGTERM, so that temporary files are removed."""
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
