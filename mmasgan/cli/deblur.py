"""``mmasgan deblur``: deblur photographs and videos."""

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from ..apis.inference.plan import Task
    from ..apis.inference.run import Deblurred

__all__ = ['deblur']

FILE = click.Path(path_type=Path)
PLANNING_ERRORS = (ValueError, OSError, ImportError)


class Misuse(click.ClickException):
    """Error before anything was written."""

    exit_code = 2


@click.command(context_settings={'max_content_width': 100})
@click.argument('inputs', nargs=-1, required=True, metavar='INPUT...')
@click.option(
    '--out',
    '-o',
    required=True,
    metavar='PLACE',
    help='Output folder; for one INPUT, also an output file, or - for '
    'standard output.',
)
@click.option(
    '--weights',
    '--checkpoint',
    metavar='NAME|PATH',
    help='Name of a model, a safetensors file, a checkpoint of a training or, '
    'with --backend onnx, an exported model.  [default: the model in the '
    'package]',
)
@click.option(
    '--config',
    metavar='PATH',
    help='Config of a checkpoint.  [default: the one saved in it]',
)
@click.option(
    '--backend',
    type=click.Choice(['torch', 'onnx']),
    help='Library that runs the model.  [default: torch; onnx for .onnx files '
    'or if PyTorch is not installed]',
)
@click.option(
    '--device',
    default='auto',
    show_default=True,
    metavar='auto|cpu|cuda[:N]',
    help='Device of PyTorch; auto is cuda if available.',
)
@click.option(
    '--precision',
    type=click.Choice(['auto', 'float32', 'bfloat16', 'float16']),
    default='auto',
    show_default=True,
    help='Data type of the computation. Half precision is faster on machines '
    'that support it. auto is bfloat16 on such a processor for models where '
    'no pixel changes by more than one grey level of 255, else float32.',
)
@click.option(
    '--tile',
    type=click.Choice(['auto', 'whole', 'tiles']),
    default='auto',
    show_default=True,
    help='Process an image whole, or in strips (tiles), which give the same '
    'result in less memory and more time. auto uses strips, or the CPU in '
    'place of a GPU, if memory is short.',
)
@click.option(
    '--scale',
    type=click.FloatRange(0, 1, min_open=True),
    default=1.0,
    show_default=True,
    help='Work on a smaller copy: 0.5 takes a quarter of the time. The result '
    'keeps its size: the change is enlarged and added to the photograph.',
)
@click.option(
    '--tta',
    is_flag=True,
    help='Average over eight rotated and flipped copies: slightly better, '
    'eight times as slow.',
)
@click.option(
    '--strength',
    type=click.FloatRange(0, 1),
    default=1.0,
    show_default=True,
    help='Fraction of the change to apply.',
)
@click.option(
    '--semantic',
    type=FILE,
    metavar='FOLDER',
    help='Semantic maps of the photographs, for models with SFT layers.',
)
@click.option(
    '--compare',
    is_flag=True,
    help='Also write pictures of input and output side by side.',
)
@click.option(
    '--metrics',
    type=FILE,
    metavar='PATH',
    help='Print PSNR and SSIM of input and output. PATH is a sharp image, or '
    'a folder of sharp images with the names of the photographs.',
)
@click.option('--overwrite', is_flag=True, help='Replace existing results.')
def deblur(
    inputs: tuple[str, ...],
    out: str,
    semantic: Path | None,
    compare: bool,
    metrics: Path | None,
    overwrite: bool,
    strength: float,
    scale: float,
    tta: bool,
    **model: Any,
) -> None:
    """Deblur photographs and videos.

    INPUT is a file, a folder with its subfolders, a pattern such as
    'in/**/*.jpg', or - for standard input. A photograph keeps its size, name,
    format, depth, transparency, profile and EXIF data. Existing files are
    only replaced with --overwrite, and an INPUT is never replaced.

    \b
    mmasgan deblur photo.jpg -o sharp.jpg
    mmasgan deblur holidays -o sharp --compare
    mmasgan deblur blur -o out --metrics sharp
    mmasgan deblur - -o - <photo.png >sharp.png

    The exit status is 2 if nothing was started, and 1 if some files could not
    be deblurred.
    """  # noqa: D301
    from ..apis.inference.plan import plan_tasks
    from ..apis.inference.progress import RunProgress
    from ..apis.inference.run import Settings, look_at, run_tasks
    from ..apis.inference.scores import find_truths

    try:
        say = partial(_echo, to_stderr=True)
        tasks = plan_tasks(inputs, out, overwrite, compare, say)
        _check_there(tasks)
        _check_videos(tasks)
        unreadable = look_at(tasks)
        if len(unreadable.failures) == len(tasks):
            return _tell(unreadable, out)
        settings = Settings(
            strength,
            tta,
            None if semantic is None else _maps(semantic),
            {} if metrics is None else find_truths(tasks, metrics),
            overwrite,
            scale,
        )
        from ..apis.choice import choose_backend

        make_backend = choose_backend(**model)
    except PLANNING_ERRORS as error:
        raise Misuse(str(error)) from error
    with RunProgress(len(tasks)) as progress:
        try:
            backend = make_backend(progress.say)
            done = run_tasks(tasks, backend, settings, progress)
        except KeyboardInterrupt:
            progress.say('stopped; finished photographs are kept')
            raise SystemExit(130) from None
    _tell(done, out)


def _check_there(tasks: list['Task']) -> None:
    missing = [
        task.name
        for task in tasks
        if task.source is not None and not os.path.lexists(task.source)
    ]
    if missing:
        more = f' and {len(missing) - 1} more' if missing[1:] else ''
        raise FileNotFoundError(
            f"'{missing[0]}'{more} does not exist; check the spelling of the "
            'name and its folder'
        )


def _check_videos(tasks: list['Task']) -> None:
    if any(task.is_video for task in tasks):
        from ..io.video import import_av

        import_av()


def _maps(folder: Path) -> Any:
    try:
        from ..apis.deblurring import maps_from_disk
    except ModuleNotFoundError as error:
        raise ImportError(
            f'--semantic needs {error.name}, which is not part of the small '
            'installation'
        ) from error
    return maps_from_disk(folder)


def _tell(done: 'Deblurred', out: str) -> None:
    """Print the results, and exit with 1 if a file failed."""
    from ..apis.inference.scores import score_table

    to_stderr = out == '-'
    if done.scores:
        _echo(score_table(done.scores), to_stderr)
    if not to_stderr:
        _echo(f"{len(done.written)} deblurred in '{out}'", to_stderr)
    if done.failures:
        count = len(done.failures)
        raise click.ClickException(
            f'{count} not deblurred:\n' + '\n'.join(done.failures)
        )


def _echo(text: str, to_stderr: bool) -> None:
    from ..io.image.files import printable

    text = printable(text)
    # As bytes, because names may not be UTF-8.
    click.echo(text.encode(errors='surrogateescape'), err=to_stderr)
