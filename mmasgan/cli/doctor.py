"""``mmasgan doctor``: check the installation."""

import platform
from typing import TYPE_CHECKING

import click

from .. import __version__

if TYPE_CHECKING:
    from ..compat.diagnosis import Check

__all__ = ['doctor']


@click.command()
def doctor() -> None:
    """Report installed versions, problems, and how to solve them.

    The exit status is 1 if a problem prevents training, or deblurring in an
    installation for deblurring only.
    """
    from ..compat import diagnosis
    from ..compat.editors import skipped_editors

    packages = diagnosis.packages()
    _table(
        'Versions',
        [
            ('mmasgan', __version__, ''),
            ('Python', platform.python_version(), ''),
            *((check.name, check.found, check.problem) for check in packages),
            *(('device', name, '') for name in diagnosis.devices()),
        ],
    )
    if diagnosis.is_small():
        click.echo(
            'Installed for deblurring without PyTorch (`mmasgan deblur`, and '
            'with gradio `mmasgan serve`). Training and the other commands '
            'are not installed.'
        )
        return _conclude(packages)
    imports = diagnosis.imports()
    _table('Host', [(c.name, c.found, c.problem) for c in imports])
    _table(
        'Bugs of MMEngine and MMagic',
        [(f.name, f.status, f.summary) for f in diagnosis.faults()],
    )
    loaded, skipped = diagnosis.loaded_editors(), skipped_editors()
    _table(
        f'MMagic editors: {loaded} loaded, {len(skipped)} skipped',
        [(name, 'skipped', reason) for name, reason in skipped.items()],
    )
    _conclude([*packages, *imports])


def _conclude(checks: list['Check']) -> None:
    """Print the problems and remedies, and exit with 1 if there are any."""
    failed = [check for check in checks if check.problem]
    if not failed:
        click.echo('No problems found.')
        return
    problems: dict[str, str] = {}
    for check in failed:  # one cause may have several symptoms
        problems.setdefault(check.problem, check.name)
    for problem, name in problems.items():
        click.echo(f'{name}: {problem}')
    remedies = dict.fromkeys(check.remedy for check in failed if check.remedy)
    if remedies:
        click.echo('To fix it, run:')
    for remedy in remedies:
        click.echo(f'    {remedy}')
    raise SystemExit(1)


def _table(title: str, rows: list[tuple[str, str, str]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title, show_header=False, title_justify='left')
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))  # no markup in messages
    Console().print(table)
