"""``mmasgan deblur``: photographs and videos, deblurred."""

import os
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
    """What is wrong before anything was done."""

    exit_code = 2


@click.command(context_settings={'max_content_width': 100})
@click.argument('inputs', nargs=-1, required=True, metavar='INPUT...')
@click.option(
    '--out',
    '-o',
    required=True,
    metavar='PLACE',
    help='Folder to fill; for one INPUT, also a file to write, or -, '
    'standard output.',
)
@click.option(
    '--weights',
    '--checkpoint',
    metavar='NAME|PATH',
    help='A model that comes with the library, a safetensors file, a '
    "training's checkpoint or, with --backend onnx, an exported model.  "
    "[default: the library's choice]",
)
@click.option(
    '--config',
    metavar='PATH',
    help='The config of a checkpoint; without it, what the checkpoint says.',
)
@click.option(
    '--backend',
    type=click.Choice(['torch', 'onnx']),
    help='What runs the model.  [default: torch, or onnx for weights that '
    'end in .onnx and where PyTorch is not installed]',
)
@click.option(
    '--device',
    default='auto',
    show_default=True,
    metavar='auto|cpu|cuda[:N]',
    help='Where PyTorch runs; auto is cuda where there is one.',
)
@click.option(
    '--precision',
    type=click.Choice(['auto', 'float32', 'bfloat16', 'float16']),
    default='auto',
    show_default=True,
    help='The latter two are faster on machines that have them; auto is '
    'bfloat16 on such a processor for models where no pixel differs by more '
    'than one grey level of 255, else float32.',
)
@click.option(
    '--tile',
    type=click.Choice(['auto', 'whole', 'tiles']),
    default='auto',
    show_default=True,
    help='Whether an image goes through the model as a whole, or in strips, '
    'which give the same and take less memory and more time; auto turns to '
    'strips, and from a GPU to the CPU, where memory is short.',
)
@click.option(
    '--scale',
    type=click.FloatRange(0, 1, min_open=True),
    default=1.0,
    show_default=True,
    help='Work on a smaller copy: 0.5 takes a quarter of the time. The '
    'result keeps its size, since what changes is enlarged and added to the '
    'photograph.',
)
@click.option(
    '--tta',
    is_flag=True,
    help='Mean over eight turned and mirrored images: eight times as long, a '
    'little better.',
)
@click.option(
    '--strength',
    type=click.FloatRange(0, 1),
    default=1.0,
    show_default=True,
    help='How much of the change is applied.',
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
    help='Write sheets of input and output side by side besides.',
)
@click.option(
    '--metrics',
    type=FILE,
    metavar='TRUTH',
    help='Print PSNR and SSIM of input and output; TRUTH is a sharp image, '
    'or a folder of them with the names of the photographs.',
)
@click.option(
    '--overwrite', is_flag=True, help='Replace results that exist already.'
)
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

    INPUT is a file, a folder with all that is in it, a pattern such as
    'in/**/*.jpg', or -, standard input. A photograph keeps its size, name,
    format, depth, transparency, profile and EXIF data. Nothing is replaced
    without --overwrite, and an INPUT never.

    \b
    mmasgan deblur photo.jpg -o sharp.jpg
    mmasgan deblur holidays -o sharp --compare
    mmasgan deblur blur -o out --metrics sharp
    mmasgan deblur - -o - <photo.png >sharp.png

    Exits with 2 if nothing was begun, and with 1 if a file could not be
    deblurred; the others are.
    """  # noqa: D301
    from ..apis.inference.plan import plan_tasks
    from ..apis.inference.progress import RunProgress
    from ..apis.inference.run import Settings, look_at, run_tasks
    from ..apis.inference.scores import find_truths

    try:
        tasks = plan_tasks(inputs, out, overwrite, compare, _say)
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
            progress.say('stopped; photographs that were finished are kept')
            raise SystemExit(130) from None
    _tell(done, out)


def _say(note: str) -> None:
    _echo(note, to_stderr=True)


def _check_there(tasks: list['Task']) -> None:
    missing = [
        task.name
        for task in tasks
        if task.source is not None and not os.path.lexists(task.source)
    ]
    if missing:
        more = f' and {len(missing) - 1} more' if missing[1:] else ''
        raise FileNotFoundError(
            f"'{missing[0]}'{more} does not exist; check how the name and its "
            'folder are spelled'
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
            f'--semantic needs {error.name}, which is not installed: the '
            'small installation leaves out what semantic maps need'
        ) from error
    return maps_from_disk(folder)


def _tell(done: 'Deblurred', out: str) -> None:
    """Print what became of the files, and exit with 1 if any failed."""
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
    # As bytes, since names need not be UTF-8.
    click.echo(text.encode(errors='surrogateescape'), err=to_stderr)
