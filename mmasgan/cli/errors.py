"""Errors of a command, in a line where the line says what to do."""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from traceback import walk_tb

import click

__all__ = ['plain_errors']

OURS = 'mmasgan'
HOSTS = {OURS, 'mmengine', 'mmagic', 'mmcv', 'torch', 'click', '__main__'}
STEP = 'run_iter'  # of MMEngine's loops
OF_OURS = (ValueError, TypeError, OSError, ImportError, FloatingPointError)
OF_BUILDING = (*OF_OURS, KeyError, AssertionError)
OF_WORKERS = 'Original Traceback (most recent call last):'


@contextmanager
def plain_errors(show_traceback: bool = False) -> Iterator[None]:
    """End the process with one line at an error of its user.

    Errors that this library raises say what is wrong and what to do. Of its
    hosts, those are taken for a user's that arise while parts are built.
    What passes through other code, such as a generator of one's own, and
    whatever else fails, keeps its traceback.

    Args:
        show_traceback: Whether all keep it.

    Raises:
        SystemExit: With 1 at an error, with 130 at Ctrl-C.
    """
    try:
        yield
    except KeyboardInterrupt:
        click.echo('Stopped.', err=True)
        raise SystemExit(130) from None
    except Exception as error:
        if show_traceback or not _is_of_a_user(error):
            raise
        click.echo(f'Error: {_line(error)}', err=True)
        raise SystemExit(1) from error


def _is_of_a_user(error: Exception) -> bool:
    frames = [frame for frame, _ in walk_tb(error.__traceback__)]
    names = [
        str(frame.f_globals.get('__name__')).partition('.')[0]
        for frame in frames
    ]
    text = str(error)
    if OF_WORKERS in text:  # it was raised in another process
        *_, inner = re.findall(r'File "(.+?)", line', text)
        return OURS in Path(inner).parts and isinstance(error, OF_OURS)
    if names[-1] == OURS and isinstance(error, OF_OURS):
        return True
    others = set(names) - HOSTS - sys.stdlib_module_names
    in_a_step = any(frame.f_code.co_name == STEP for frame in frames)
    return not others and not in_a_step and isinstance(error, OF_BUILDING)


def _line(error: Exception) -> str:
    if OF_WORKERS in str(error):
        last = str(error).strip().rpartition('\n')[2]
        return last.partition(': ')[2] or last
    if isinstance(error, OSError) and error.strerror:
        text = str(error)
    else:
        text = ' '.join(map(str, error.args[:1]))
    text = re.sub(r'\s+', ' ', text).strip()
    return text or type(error).__name__
