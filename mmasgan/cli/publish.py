"""``mmasgan publish``: keep the deblurring generator of a training."""

from pathlib import Path

import click

from .errors import plain_errors

__all__ = ['publish']

FILE = click.Path(path_type=Path)


@click.command()
@click.argument('checkpoint', type=FILE)
@click.argument('out', type=FILE, metavar='OUT.safetensors')
@click.option(
    '--config',
    metavar='PATH',
    help='Config of the training; by default, the one in the checkpoint.',
)
@click.option('--overwrite', is_flag=True, help='Replace OUT if it exists.')
def publish(
    checkpoint: Path, out: Path, config: str | None, overwrite: bool
) -> None:
    """Publish the deblurring generator of a CHECKPOINT, in float16.

    Prints the entry for configs/metafile.yml.
    """
    with plain_errors():
        from ..apis.publish import publish_generator

        done = publish_generator(checkpoint, out, config, overwrite)
    click.echo(f"'{done.path}': {done.size} bytes, sha256 {done.sha256}")
    click.echo('For configs/metafile.yml:')
    click.echo(done.entry)
