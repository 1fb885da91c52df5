"""``mmasgan motion``: draw the motion in a photograph."""

from pathlib import Path
from typing import Any

import click

__all__ = ['motion']

FILE = click.Path(path_type=Path)


@click.command()
@click.argument('photo', type=FILE)
@click.option(
    '--out',
    '-o',
    type=FILE,
    required=True,
    metavar='FILE',
    help='Output picture, .png or .jpg.',
)
@click.option(
    '--weights',
    metavar='NAME|PATH',
    help='Name of a motion network, a safetensors file or a checkpoint.  '
    '[default: the network in the package]',
)
@click.option(
    '--spacing',
    type=click.IntRange(min=4),
    default=32,
    show_default=True,
    help='Distance between drawn paths, in pixels.',
)
@click.option('--overwrite', is_flag=True, help='Replace an existing file.')
def motion(
    photo: Path, out: Path, weights: str | None, spacing: int, overwrite: bool
) -> None:
    """Draw the estimated motion in a blurred photograph.

    Each line shows the path of its midpoint during the exposure, in true
    length.
    """
    if out.suffix.lower() not in ('.png', '.jpg', '.jpeg'):
        raise click.UsageError(f"'{out}' must end in .png or .jpg")
    if out.exists() and not overwrite:
        raise click.UsageError(f"'{out}' exists; --overwrite replaces it")
    try:
        from ..apis.motion import draw_motion, load_motion_network, read_motion
        from ..datasets import read_rgb_image

        image = read_rgb_image(str(photo))
        network = load_motion_network(weights)
        picture = draw_motion(image, read_motion(network, image), spacing)
    except (ValueError, OSError) as error:
        raise click.UsageError(str(error)) from error
    _write(picture, out)
    click.echo(f"'{out}'")


def _write(picture: Any, out: Path) -> None:
    from ..io.image.encoder import encode_photo
    from ..io.image.photo import Photo
    from ..utils.atomic_files import write_atomically

    try:
        write_atomically(out, encode_photo(Photo(picture), out.suffix))
    except OSError as error:
        raise click.ClickException(str(error)) from error
