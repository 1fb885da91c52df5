"""``mmasgan serve``: a web page that deblurs."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from .inference import Backend

__all__ = ['serve']

POSITIVE = click.FloatRange(0, min_open=True)


@click.command()
@click.option('--host', default='127.0.0.1', show_default=True)
@click.option(
    '--port', type=click.IntRange(0, 65535), default=7860, show_default=True
)
@click.option(
    '--weights',
    metavar='NAME|PATH',
    multiple=True,
    help='A model that comes with the library, a safetensors file or a '
    "training's checkpoint; several give visitors the choice.  [default: the "
    "library's choice]",
)
@click.option(
    '--prior',
    nargs=2,
    metavar='SOURCE PATH',
    help='Source of semantic maps for weights that take them, as in mmasgan '
    'priors: onnx model.onnx.',
)
@click.option('--classes', help='Table of classes of the prior.')
@click.option(
    '--device',
    help='Where PyTorch runs.  [default: cuda where there is one, or cpu]',
)
@click.option('--max-megabytes', type=POSITIVE, default=50, show_default=True)
@click.option('--max-megapixels', type=POSITIVE, default=40, show_default=True)
@click.option(
    '--max-files',
    type=click.IntRange(1),
    default=20,
    show_default=True,
    help='In a batch.',
)
@click.option(
    '--concurrency',
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help='Photographs that are deblurred at a time.',
)
@click.option(
    '--queue',
    type=click.IntRange(1),
    default=64,
    show_default=True,
    help='Requests that may wait.',
)
def serve(
    host: str,
    port: int,
    weights: tuple[str, ...],
    prior: tuple[str, str] | None,
    classes: str | None,
    device: str | None,
    max_megabytes: float,
    max_megapixels: float,
    max_files: int,
    concurrency: int,
    queue: int,
) -> None:
    """Serve a web page that deblurs photographs, and an HTTP interface.

    Only this machine reaches it, unless --host says otherwise. There are no
    accounts: whoever reaches it can use it.
    """
    try:
        from .serve import DeblurService, Limits, run_server
        from .serve.server import is_loopback
    except ImportError as error:
        raise click.ClickException(
            f'the page needs Gradio ({error}): pip install "mmasgan[serve]"'
        ) from error
    if not is_loopback(host):
        click.echo(
            f'Warning: {host} is open to the network, without accounts or '
            'encryption',
            err=True,
        )
    try:
        service = DeblurService(
            _models(weights, device),
            Limits(
                max_megabytes, max_megapixels, max_files, concurrency, queue
            ),
            None if prior is None else _prior(*prior, classes),
        )
        run_server(
            service,
            host,
            port,
            lambda address: click.echo(f'{address} (stop with Ctrl-C)'),
        )
    except (ValueError, OSError, ImportError) as error:
        raise click.ClickException(str(error)) from error


def _models(
    weights: tuple[str, ...], device: str | None
) -> dict[str, Callable[[], 'Backend']]:
    """Return what loads each model, by the name that visitors see."""
    from pathlib import Path

    import torch

    from .apis import TorchBackend, load_generator
    from .apis.model_index import DEFAULT, read_model_index

    if device is None:
        device = 'cuda' if torch.cuda.is_available() else 'cpu'
    index = read_model_index()
    models: dict[str, Callable[[], Backend]] = {}
    for given in weights or (DEFAULT,):
        name = index[given].name if given in index else Path(given).name
        if name in models:
            raise ValueError(f'--weights: two are named {name!r}')
        if given not in index and not Path(given).is_file():
            raise ValueError(
                f'--weights {given}: neither a file nor one of the models '
                f'{", ".join(sorted(index))}'
            )

        def load(weights: str) -> 'Backend':
            return TorchBackend(load_generator(weights, device))

        models[name] = partial(load, given)
    return models


def _prior(source: str, path: str, classes: str | None) -> Any:
    from .cli_priors import SOURCES, build_prior

    if source not in SOURCES or source == 'disk':
        raise ValueError(
            f'--prior {source}: expected torchvision, segformer or onnx'
        )
    return build_prior(source, {'weights': path, 'classes': classes})
