"""Errors of commands in one line, without traceback."""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from traceback import walk_tb

import click

__all__ = ['left_out', 'plain_errors']

OURS = 'mmasgan'
HOSTS = {OURS, 'mmengine', 'mmagic', 'mmcv', 'torch', 'click', '__main__'}
STEP = 'run_iter'  # of MMEngine's loops
OF_OURS = (ValueError, TypeError, OSError, ImportError, FloatingPointError)
OF_BUILDING = (*OF_OURS, KeyError, AssertionError)
OF_WORKERS = 'Original Traceback (most recent call last):'


@contextmanager
def plain_errors(show_traceback: bool = False) -> Iterator[None]:
    """Print user errors in one line and exit.

    These are errors that this library raises, and errors of its dependencies
    while components are built. All others, including those that pass through
    other code such as a user's generator, keep their traceback.

    Raises:
        SystemExit: With 1 after an error, with 130 after Ctrl-C.
    """
    try:
        yield
    except KeyboardInterrupt:
        click.echo('Stopped.', err=True)
        raise SystemExit(130) from None
    except Exception as error:
        if show_traceback or not _is_user_error(error):
            raise
        click.echo(f'Error: {_line(error)}', err=True)
        raise SystemExit(1) from error


def left_out(error: BaseException | None) -> str:
    """Return what to do about a package left out on purpose, or ''."""
    if not isinstance(error, ModuleNotFoundError):
        return ''
    from ..compat.diagnosis import is_left_out, is_small

    if not is_small() or not is_left_out(f'{error.name}'):
        return ''
    return (
        f'this command needs {error.name}, which is not part of the small '
        'installation; install mmasgan with all requirements in another '
        'environment'
    )


def _is_user_error(error: Exception) -> bool:
    frames = [frame for frame, _ in walk_tb(error.__traceback__)]
    names = [
        str(frame.f_globals.get('__name__')).partition('.')[0]
        for frame in frames
    ]
    text = str(error)
    if OF_WORKERS in text:  # raised in another process
        *_, inner = re.findall(r'File "(.+?)", line', text)
        return OURS in Path(inner).parts and isinstance(error, OF_OURS)
    if names[-1] == OURS and isinstance(error, OF_OURS):
        return True
    others = set(names) - HOSTS - sys.stdlib_module_names
    in_a_step = any(frame.f_code.co_name == STEP for frame in frames)
    return not others and not in_a_step and isinstance(error, OF_BUILDING)


def _line(error: Exception) -> str:
    if text := left_out(error):
        return text
    if OF_WORKERS in str(error):
        last = str(error).strip().rpartition('\n')[2]
        return last.partition(': ')[2] or last
    if isinstance(error, OSError) and error.strerror:
        text = str(error)
    else:
        text = ' '.join(map(str, error.args[:1]))
    text = re.sub(r'\s+', ' ', text).strip()
    return text or type(error).__name__
