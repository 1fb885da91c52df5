"""``mmasgan deblur``: photographs and videos, deblurred."""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from .inference import Backend
    from .inference.plan import Task
    from .inference.run import Deblurred

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
    help='What runs the model; onnx does without PyTorch.  [default: onnx '
    'for weights that end in .onnx, else torch]',
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
    type=click.Choice(['float32', 'bfloat16', 'float16']),
    default='float32',
    show_default=True,
    help='The latter two are faster on machines that have them.',
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
    from .inference.plan import plan_tasks
    from .inference.progress import RunProgress
    from .inference.run import Settings, run_tasks
    from .inference.scores import find_truths

    try:
        tasks = plan_tasks(inputs, out, overwrite, compare)
        _check_videos(tasks)
        settings = Settings(
            strength,
            tta,
            None if semantic is None else _maps(semantic),
            {} if metrics is None else find_truths(tasks, metrics),
            overwrite,
        )
        make_backend = _backend(**model)
    except PLANNING_ERRORS as error:
        raise Misuse(str(error)) from error
    with RunProgress(len(tasks)) as progress:
        done = run_tasks(tasks, make_backend(progress.say), settings, progress)
    _tell(done, out)


def _check_videos(tasks: list['Task']) -> None:
    if any(task.is_video for task in tasks):
        from .videos import import_av

        import_av()


def _maps(folder: Path) -> Any:
    from .apis.deblurring import maps_from_disk

    return maps_from_disk(folder)


def _backend(
    weights: str | None,
    config: str | None,
    backend: str | None,
    **options: str,
) -> Callable[[Callable[[str], None]], 'Backend']:
    """Return what makes the backend of what says where it falls back."""
    if config and not weights:
        raise ValueError('--config goes with --checkpoint')
    if backend == 'onnx' or (not backend and f'{weights}'.endswith('.onnx')):
        if config:
            raise ValueError('--config does not go with --backend onnx')
        return _onnx(weights, **options)
    return _torch(weights, config, **options)


def _onnx(
    weights: str | None, **options: str
) -> Callable[[Callable[[str], None]], 'Backend']:
    from .inference.fallback import Attempt, FallbackBackend

    if weights is None:
        raise ValueError(
            '--backend onnx needs --weights MODEL.onnx, which `mmasgan '
            'export` makes'
        )
    taken = {
        'device': ('auto', 'cpu'),
        'precision': ('float32',),
        'tile': ('auto', 'whole'),
    }
    for name, values in taken.items():
        if options[name] not in values:
            raise ValueError(
                f'--backend onnx takes --{name} {" or ".join(values)}, got '
                f'{options[name]}'
            )
    from .inference.onnx_backend import OnnxBackend

    attempt = Attempt('by ONNX Runtime', OnnxBackend(weights))
    return lambda say: FallbackBackend([attempt], say)


def _torch(
    weights: str | None,
    config: str | None,
    device: str,
    precision: str,
    tile: str,
) -> Callable[[Callable[[str], None]], 'Backend']:
    import torch

    from .apis import load_generator
    from .apis.torch_fallback import fallback_backend

    # The help says what is done without maps.
    warnings.filterwarnings('ignore', 'no semantic map given')
    if device == 'auto':
        device = 'cuda' if torch.cuda.is_available() else 'cpu'
    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        raise ValueError(f'--device {device}: {error}') from error
    generator = load_generator(weights, device, config)
    return lambda say: fallback_backend(generator, precision, tile, say)


def _tell(done: 'Deblurred', out: str) -> None:
    """Print what became of the files, and exit with 1 if any failed."""
    from .inference.scores import score_table

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
    # As bytes, since names need not be UTF-8.
    click.echo(text.encode(errors='surrogateescape'), err=to_stderr)
