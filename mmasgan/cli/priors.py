"""``mmasgan priors``: compute the semantic maps of a data set."""

from typing import Any

import click

__all__ = ['SOURCES', 'build_prior', 'priors']

SOURCES = ('torchvision', 'segformer', 'onnx', 'disk')


@click.command(short_help='Compute the semantic maps of a data set.')
@click.argument('data', type=click.Path(exists=True, file_okay=False))
@click.option(
    '--source',
    type=click.Choice(SOURCES),
    required=True,
    help='Source of the maps; disk uses existing maps.',
)
@click.option(
    '--weights',
    metavar='PATH',
    help='Weights, ONNX file, or folder of a SegFormer or of maps.',
)
@click.option('--model', help='Name of a model of torchvision.')
@click.option(
    '--classes',
    help='Name of a class table, or a JSON file, see docs/priors.md.',
)
@click.option(
    '--size',
    type=(int, int),
    help='Height and width to which images are resized.',
)
@click.option(
    '--name', help='Name of the folder of maps.  [default: the source]'
)
@click.option('--stride', type=click.IntRange(1), default=4, show_default=True)
@click.option('--device', help='Device of PyTorch, such as cuda.')
@click.option(
    '--overlay', is_flag=True, help='Also write pictures of the maps.'
)
def priors(
    data: str,
    source: str,
    name: str | None,
    stride: int,
    overlay: bool,
    **arguments: Any,
) -> None:
    """Compute the semantic map of each image below DATA.

    The maps are written to DATA/semantic, where training finds them. To
    continue after an interruption, run the same command again.
    """
    from ..semantic import compute_maps

    options = _options(
        source=source, **arguments, name=name, stride=stride, overlay=overlay
    )
    try:
        prior = build_prior(source, arguments)
        store = compute_maps(
            data, prior, name or source, stride, overlay, options
        )
    except (ImportError, OSError, ValueError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(f'Maps of {", ".join(prior.groups)} in {store.folder}')


def build_prior(source: str, arguments: dict[str, Any]) -> Any:
    """Build a source of semantic maps.

    Raises:
        ImportError: If a package is missing.
        OSError: If a file is missing.
        ValueError: If an option is invalid for the source.
    """
    from ..registry import PRIORS

    kinds = {
        'torchvision': ('TorchvisionPrior', 'weights'),
        'segformer': ('SegFormerPrior', 'path_or_name'),
        'onnx': ('OnnxPrior', 'path'),
        'disk': ('DiskPrior', 'folder'),
    }
    kind, weights = kinds[source]
    names = {'weights': weights, 'model': 'name'}
    given = {
        names.get(option, option): value
        for option, value in arguments.items()
        if value is not None
    }
    if source != 'torchvision' and weights not in given:
        raise ValueError(f'--source {source} needs --weights')
    try:
        return PRIORS.build({'type': kind, **given})
    except TypeError as error:  # such as a size for maps from disk
        raise ValueError(f'--source {source}: {error}') from error


def _options(**given: Any) -> list[str]:
    """Return the equivalent command line."""
    words = []
    for option, value in given.items():
        if value in (None, False):
            continue
        words.append(f'--{option}')
        if isinstance(value, tuple):
            words += map(str, value)
        elif value is not True:
            words.append(str(value))
    return words
