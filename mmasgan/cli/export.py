"""``mmasgan export``: a model as a file that runs elsewhere."""

from pathlib import Path

import click

__all__ = ['export']


@click.command()
@click.option(
    '--out',
    '-o',
    type=click.Path(path_type=Path),
    required=True,
    metavar='FILE',
    help='File to write: .onnx; .pt2 for torch.export; .stages to run the '
    'safetensors file beside it by ONNX Runtime.',
)
@click.option(
    '--weights',
    '--checkpoint',
    metavar='NAME|PATH',
    help='A model that comes with the library, a safetensors file or a '
    "training's checkpoint.  [default: the library's choice]",
)
@click.option(
    '--config',
    metavar='PATH',
    help='The config of a checkpoint; without it, what the checkpoint says.',
)
@click.option(
    '--semantic/--no-semantic',
    help='Whether the file takes semantic maps; else SFT layers see the '
    'uniform map.  [default: no]',
)
@click.option(
    '--opset',
    type=click.IntRange(min=18),
    default=18,
    show_default=True,
    help="Version of ONNX's operators.",
)
@click.option('--overwrite', is_flag=True, help='Replace the file.')
def export(
    out: Path,
    weights: str | None,
    config: str | None,
    semantic: bool,
    opset: int,
    overwrite: bool,
) -> None:
    """Write a model as ONNX, or as a program of torch.export.

    The file takes images of any number and size. It is run on three sizes
    and kept if it gives what PyTorch gives.

    Exits with 2 if nothing was begun, and with 1 if the export failed.
    """
    if config and not weights:
        raise click.UsageError('--config goes with --checkpoint')
    try:
        from ..apis import export_generator
        from ..apis.pretrained import read_trained

        trained = read_trained(weights, config)
        done = export_generator(
            trained.build(), out, semantic, overwrite, opset, trained.origin
        )
    except (ValueError, FileExistsError, FileNotFoundError) as error:
        raise click.UsageError(str(error)) from error
    except ModuleNotFoundError:  # of PyTorch itself
        raise
    except (RuntimeError, OSError, ImportError) as error:
        raise click.ClickException(str(error)) from error
    for (number, height, width), apart in done.differences.items():
        click.echo(
            f'{number} of {width}x{height}: at most {apart:.1e} from PyTorch, '
            'of a range of 2'
        )
    click.echo(f"'{done.path}', {done.path.stat().st_size / 1e6:.1f} MB")
