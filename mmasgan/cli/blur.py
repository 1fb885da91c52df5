"""``mmasgan prepare blur``: pairs from sharp photographs."""

from pathlib import Path
from shlex import quote
from typing import Any

import click

__all__ = ['FILE', 'MIN_SIDE', 'SKIP_UNREADABLE', 'blur']

FILE = click.Path(path_type=Path)
MIN_SIDE = click.option(
    '--min-side',
    type=click.IntRange(min=1),
    help='Smallest allowed shorter side, in pixels.  [default: the crop of '
    'the printed recipe]',
)
SKIP_UNREADABLE = click.option(
    '--skip-unreadable',
    is_flag=True,
    help='Skip photographs that cannot be used.',
)


@click.command()
@click.argument('sharp_dir', type=FILE)
@click.option(
    '--out', '-o', type=FILE, required=True, help='Folder to create.'
)
@click.option('--seed', default=0, show_default=True)
@click.option(
    '--count',
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help='Number of pairs per photograph.',
)
@click.option(
    '--length',
    type=(float, float),
    default=(0, 32),
    show_default=True,
    help='Bounds of the length of the camera path, in pixels.',
)
@click.option(
    '--shake',
    type=(float, float),
    default=(0, 1),
    show_default=True,
    help='Curvature and jitter of the path; 0 is a straight line.',
)
@click.option(
    '--frames',
    type=(int, int),
    default=(7, 13),
    show_default=True,
    help='Number of averaged positions along the path.',
)
@click.option(
    '--gamma',
    default=1.0,
    show_default=True,
    help='1 averages pixel values, as in GoPro; 2.2 averages in linear light.',
)
@click.option(
    '--noise',
    default=0.0,
    show_default=True,
    help='Standard deviation of noise, in grey levels.',
)
@click.option('--jpeg-quality', type=click.IntRange(1, 100))
@click.option(
    '--masks',
    type=FILE,
    help='Folder of masks of moving objects, named as the photographs.',
)
@MIN_SIDE
@SKIP_UNREADABLE
@click.option(
    '--draw',
    is_flag=True,
    help='Draw each pair with its path and blur kernel.',
)
def blur(
    sharp_dir: Path,
    length: tuple[float, float],
    shake: tuple[float, float],
    frames: tuple[int, int],
    gamma: float,
    noise: float,
    jpeg_quality: int | None,
    **options: Any,
) -> None:
    """Create pairs by blurring a folder of sharp photographs.

    The blur is that of a hand-held camera.
    """
    try:
        from ..datasets import MotionBlur
        from ..datasets.prepare.blur import prepare_blur
        from ..datasets.prepare.recipe import BLUR_RECIPE

        transform = MotionBlur(
            'sharp',
            'blur',
            length=length,
            shake=shake,
            gamma=gamma,
            frames=frames,
            mask_key='mask',
            noise=noise,
            jpeg_quality=jpeg_quality,
        )
        done = prepare_blur(sharp_dir, blur=transform, **options)
    except (ValueError, OSError, ImportError) as error:
        raise click.ClickException(str(error)) from error
    for note in done.notes:
        click.echo(f'Note: {note}')
    click.echo(
        f'{done.num_pairs} pairs of {done.num_photos} photographs in '
        f"'{done.root}'"
    )
    if done.pictures is not None:
        click.echo(f"Pictures: '{done.pictures}'")
    lines = [
        f'python tools/train.py configs/{BLUR_RECIPE}.py',
        '--cfg-options',
        quote(f'train_dataloader.dataset.data_root={done.root}'),
        *(f'val_{part}=None' for part in ('cfg', 'dataloader', 'evaluator')),
    ]
    click.echo('To train on the pairs:\n    ' + ' \\\n        '.join(lines))
