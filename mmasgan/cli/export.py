"""``mmasgan export``: export a model."""

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
    help='Output file: .onnx; .pt2 for torch.export; .stages to run the '
    'safetensors file next to it with ONNX Runtime.',
)
@click.option(
    '--weights',
    '--checkpoint',
    metavar='NAME|PATH',
    help='Name of a model, a safetensors file or a checkpoint of a training.  '
    '[default: the model in the package]',
)
@click.option(
    '--config',
    metavar='PATH',
    help='Config of a checkpoint.  [default: the one saved in it]',
)
@click.option(
    '--semantic/--no-semantic',
    help='Whether the exported model takes semantic maps; otherwise, SFT '
    'layers use the uniform map.  [default: no]',
)
@click.option(
    '--opset',
    type=click.IntRange(min=18),
    default=18,
    show_default=True,
    help='Version of the ONNX operators.',
)
@click.option('--overwrite', is_flag=True, help='Replace an existing file.')
def export(
    out: Path,
    weights: str | None,
    config: str | None,
    semantic: bool,
    opset: int,
    overwrite: bool,
) -> None:
    """Export a model as ONNX or by torch.export.

    The exported model takes any number and size of images. It is run on
    three sizes, and only kept if its output equals that of PyTorch.

    The exit status is 2 if nothing was started, and 1 if the export failed.
    """
    if config and not weights:
        raise click.UsageError('--config needs --checkpoint')
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
            f'{number} of {width}x{height}: differs by at most {apart:.1e} '
            'from PyTorch, in a range of 2'
        )
    click.echo(f"'{done.path}', {done.path.stat().st_size / 1e6:.1f} MB")
