"""``mmasgan deblur``: photographs, deblurred."""

from pathlib import Path

import click

__all__ = ['deblur']

FILE = click.Path(path_type=Path)


@click.command()
@click.argument('images', nargs=-1, required=True, type=FILE)
@click.option('--out', '-o', type=FILE, required=True, help='Folder to fill.')
@click.option(
    '--weights',
    metavar='NAME|PATH',
    help='A model that comes with the library, a safetensors file or a '
    "training's checkpoint.  [default: the library's choice]",
)
@click.option(
    '--device',
    help='Where PyTorch runs.  [default: cuda where there is one, or cpu]',
)
@click.option(
    '--overwrite', is_flag=True, help='Replace results that exist already.'
)
def deblur(
    images: tuple[Path, ...],
    out: Path,
    weights: str | None,
    device: str | None,
    overwrite: bool,
) -> None:
    """Deblur photographs and folders of them.

    Each keeps its size, name and format. A photograph that cannot be read is
    left out and named at the end, and the command exits with 1.
    """
    try:
        import torch

        from .apis import deblur_files, load_generator

        if device is None:
            device = 'cuda' if torch.cuda.is_available() else 'cpu'
        generator = load_generator(weights, _checked(device))
        done = deblur_files(generator, images, out, overwrite)
    except (ValueError, OSError, ImportError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{len(done.written)} deblurred in '{out}'")
    if done.failures:
        raise click.ClickException(
            f'{len(done.failures)} not deblurred:\n' + '\n'.join(done.failures)
        )


def _checked(device: str) -> str:
    """Return a device that PyTorch has here."""
    import torch

    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        raise ValueError(f'--device {device}: {error}') from error
    return device
