"""The ``mmasgan`` command; a command is one function, here or beside.

Nothing heavy is imported before a command asks for it, so that ``doctor``
can speak where torch itself is missing.
"""

import platform
from typing import TYPE_CHECKING

import click

from .cli_deblur import deblur
from .cli_export import export
from .cli_prepare import prepare
from .cli_priors import priors
from .cli_serve import serve
from .version import __version__

if TYPE_CHECKING:
    from .compat.diagnosis import Check

__all__ = ['main']


@click.group()
@click.version_option(__version__, prog_name='mmasgan')
def main() -> None:
    """AS-CycleGAN, unpaired image deblurring, for MMagic and MMEngine."""


main.add_command(deblur)
main.add_command(export)
main.add_command(prepare)
main.add_command(priors)
main.add_command(serve)


@main.command()
def doctor() -> None:
    """Tell what is installed, what is amiss, and how to mend it.

    Exits with 1 if anything must be mended before training.
    """
    from .compat import diagnosis, skipped_editors

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
    imports = diagnosis.imports()
    _table('Host', [(c.name, c.found, c.problem) for c in imports])
    _table(
        'Upstream faults',
        [(f.name, f.status, f.summary) for f in diagnosis.faults()],
    )
    loaded, skipped = diagnosis.loaded_editors(), skipped_editors()
    _table(
        f'MMagic editors: {loaded} loaded, {len(skipped)} skipped',
        [(name, 'skipped', reason) for name, reason in skipped.items()],
    )
    _conclude([*packages, *imports])


def _conclude(checks: list['Check']) -> None:
    """Print what to do, and exit with 1 if there is anything."""
    amiss = [check for check in checks if check.problem]
    if not amiss:
        click.echo('Nothing to mend.')
        return
    problems: dict[str, str] = {}
    for check in amiss:  # one cause may show many times
        problems.setdefault(check.problem, check.name)
    for problem, name in problems.items():
        click.echo(f'{name}: {problem}')
    remedies = dict.fromkeys(check.remedy for check in amiss if check.remedy)
    if remedies:
        click.echo('To mend it, run:')
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


if __name__ == '__main__':
    main()
