"""``mmasgan prepare blur``: pairs made of sharp photographs."""

from pathlib import Path
from shlex import quote
from typing import Any

import click

__all__ = ['blur']

FILE = click.Path(path_type=Path)


@click.command()
@click.argument('sharp_dir', type=FILE)
@click.option('--out', '-o', type=FILE, required=True, help='Folder to make.')
@click.option('--seed', default=0, show_default=True)
@click.option(
    '--count',
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help='Pairs made of each photograph.',
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
    help='How crooked it is, 0 for a straight line.',
)
@click.option(
    '--frames',
    type=(int, int),
    default=(7, 13),
    show_default=True,
    help='How many positions along it are averaged.',
)
@click.option(
    '--gamma',
    default=1.0,
    show_default=True,
    help="2.2 averages light, 1 as GoPro's blur.",
)
@click.option(
    '--noise',
    default=0.0,
    show_default=True,
    help='Standard deviation, in grey levels.',
)
@click.option('--jpeg-quality', type=click.IntRange(1, 100))
@click.option(
    '--masks',
    type=FILE,
    help='Folder of masks of what moves on its own, named as photographs.',
)
@click.option(
    '--min-side',
    type=click.IntRange(min=1),
    help='Refuse pairs whose shorter side has fewer pixels.  [default: the '
    'crop of the recipe that is printed]',
)
@click.option(
    '--skip-unreadable',
    is_flag=True,
    help='Leave out photographs that cannot be used.',
)
@click.option(
    '--draw',
    is_flag=True,
    help='Write a picture of each pair, its path and kernel.',
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
    """Blur a folder of sharp photographs, as pairs.

    Whole photographs are blurred as a shaking camera would.
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
