"""``mmasgan prepare``: create training data."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any

import click

from .blur import FILE, MIN_SIDE, SKIP_UNREADABLE, blur

if TYPE_CHECKING:
    from ..datasets.prepare.finish import Prepared

__all__ = ['gopro', 'prepare']

REPORT = click.option(
    '--report',
    is_flag=True,
    help='Write an HTML report, ROOT/report/index.html.',
)
NO_STORE = click.option(
    '--no-store',
    is_flag=True,
    help='Do not create the store of uncompressed images.',
)
BLUR_VARIANT = click.option(
    '--blur-variant',
    type=click.Choice(['blur', 'blur_gamma']),
    default='blur',
    show_default=True,
)


def _shared(command: Callable) -> Callable:
    """Add the options of photographs and videos."""
    for option in (
        REPORT,
        NO_STORE,
        click.option(
            '--allow-duplicates',
            is_flag=True,
            help='Accept blurred and sharp images that look alike.',
        ),
        click.option(
            '--out',
            '-o',
            type=FILE,
            required=True,
            help='Folder to create.',
        ),
    ):
        command = option(command)
    return command


@click.group()
def prepare() -> None:
    """Create training data.

    To continue after an interruption, run the same command again.
    """


prepare.add_command(blur)


@prepare.command()
@click.argument('path', type=FILE)
@REPORT
@click.option(
    '--out',
    '-o',
    type=FILE,
    default='data/gopro',
    show_default=True,
    help='Folder into which the archive is unpacked.',
)
@click.option(
    '--download', metavar='URL', help='Download the archive to PATH.'
)
@click.option('--sha256', help='Expected checksum of the archive.')
@click.option(
    '--allow-partial',
    is_flag=True,
    help='Accept missing or additional sequences and pairs.',
)
@BLUR_VARIANT
@click.option(
    '--split',
    type=click.Choice(['disjoint', 'shuffled']),
    default='disjoint',
    show_default=True,
)
@click.option('--split-seed', default=0, show_default=True)
@click.option(
    '--store', type=FILE, help='Folder of the store.  [default: ROOT/store]'
)
@NO_STORE
def gopro(
    path: Path,
    download: str | None,
    no_store: bool,
    report: bool,
    **options: Any,
) -> None:
    """Unpack, check and split GoPro.

    PATH is the archive of the authors (GOPRO_Large.zip), or the folder with
    its content, which is used in place.
    """
    with _plain_errors():
        from ..datasets.prepare.gopro import prepare_gopro

        done = prepare_gopro(
            path, url=download, use_store=not no_store, **options
        )
        page = _page(done, report, options['blur_variant'])
    _report_result(done, page, split=options['split'], has_test=True)


@prepare.command()
@click.argument('blur_dir', type=FILE)
@click.argument('sharp_dir', type=FILE)
@_shared
@click.option(
    '--max-side',
    type=click.IntRange(min=1),
    help='Scale photographs down to this longer side, in pixels.',
)
@MIN_SIDE
@SKIP_UNREADABLE
def photos(
    blur_dir: Path,
    sharp_dir: Path,
    no_store: bool,
    report: bool,
    **options: Any,
) -> None:
    """Create training data from blurred and sharp photographs."""
    with _plain_errors():
        from ..datasets.prepare.photos import prepare_photos

        done = prepare_photos(
            blur_dir, sharp_dir, use_store=not no_store, **options
        )
        page = _page(done, report)
    _report_result(done, page, min_side=options['min_side'])


@prepare.command()
@click.argument('files', nargs=-1, required=True, type=FILE)
@_shared
@click.option(
    '--fps',
    type=click.FloatRange(min=0, min_open=True),
    help='Frames per second of the recording, for slow motion.',
)
@click.option(
    '--segment',
    type=click.FloatRange(min=2),
    help='Longest scene, in seconds.  [default: split only at cuts]',
)
@click.option(
    '--quantile',
    type=float,
    default=0.3,
    show_default=True,
    help='Fraction of the frames in each domain.',
)
def video(
    files: tuple[Path, ...], no_store: bool, report: bool, **options: Any
) -> None:
    """Create training data from videos.

    With at least 120 frames per second, blurred images are averages of
    frames, as in GoPro. The frames of other videos are sorted by sharpness.
    """
    with _plain_errors():
        from ..datasets.prepare.video import prepare_video

        done = prepare_video(files, use_store=not no_store, **options)
        page = _page(done, report)
    _report_result(done, page)


@prepare.command()
@click.argument('root', type=FILE)
@BLUR_VARIANT
def report(root: Path, blur_variant: str) -> None:
    """Write an HTML report on prepared data.

    The report is the single file ROOT/report/index.html.
    """
    with _plain_errors():
        from ..datasets.prepare.report import write_data_report

        page = write_data_report(root, blur_variant)
    click.echo(f"Report: '{page}'")


@contextmanager
def _plain_errors() -> Iterator[None]:
    """Show user errors without a traceback."""
    try:
        yield
    except (ValueError, OSError, ImportError) as error:
        raise click.ClickException(str(error)) from error


def _page(
    done: 'Prepared', is_wanted: bool, blur_variant: str = 'blur'
) -> Path | None:
    if not is_wanted:
        return None
    from ..datasets.prepare.report import write_data_report

    return write_data_report(done.root, blur_variant, done.notes)


def _report_result(
    done: 'Prepared',
    page: Path | None,
    split: str = 'disjoint',
    has_test: bool = False,
    min_side: int | None = None,
) -> None:
    from ..datasets.prepare.recipe import RECIPE, recipe_side

    for note in done.notes:
        click.echo(f'Note: {note}')
    click.echo(
        f'{done.num_blur} blurred and {done.num_sharp} sharp images in '
        f"'{done.root}', split by '{done.split_file}'"
    )
    if page is not None:
        click.echo(f"Report: '{page}'")
    start = 'train_dataloader.dataset'
    options = [f'{start}.split_file={done.split_file}']
    if split != 'disjoint' or not has_test:
        options.append(f'{start}.split={split}')
    if done.store is not None:
        click.echo(f"Store of uncompressed images: '{done.store}'")
        step = '0' if has_test else 'load'
        options.append(f'{start}.pipeline.{step}.store={done.store}')
    if has_test:
        lines = ['python tools/train.py configs/ascyclegan_gopro.py']
        lines.append(f'--data-root {quote(str(done.root))}')
    else:
        lines = [f'python tools/train.py configs/{RECIPE}.py']
        lines.append(f'--load-from {RECIPE}')  # its published weights
        if min_side is not None and min_side < (side := recipe_side()):
            click.echo(
                f'Note: photographs of {min_side} pixels or more were '
                f'accepted, but the recipe below needs {side}; set smaller '
                'crops in its pipeline'
            )
        options.insert(0, f'{start}.data_root={done.root}')
        options.append(f'{start}.exclude=[]')
        for part in ('cfg', 'dataloader', 'evaluator'):
            options.append(f'val_{part}=None')  # there is no ground truth
    lines += ['--cfg-options', *map(quote, options)]
    click.echo('To train on the images:\n    ' + ' \\\n        '.join(lines))
