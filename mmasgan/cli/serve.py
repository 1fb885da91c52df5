"""``mmasgan serve``: a web page that deblurs."""

import gc
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from logging import getLogger
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from ..apis.inference.backend import Backend

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
@click.option(
    '--per-client',
    type=click.IntRange(1),
    default=16,
    show_default=True,
    help='Requests of one client that may wait.',
)
@click.option(
    '--max-seconds',
    type=POSITIVE,
    default=600,
    show_default=True,
    help='Time for one photograph.',
)
@click.option(
    '--max-total-megabytes',
    type=POSITIVE,
    default=4000,
    show_default=True,
    help='Files of all visitors together.',
)
@click.option(
    '--allowed-host',
    '--allow-host',
    'allowed_host',
    metavar='NAME',
    multiple=True,
    help='A further name of this server, such as that of a proxy in front.',
)
@click.option(
    '--proxy',
    metavar='ADDRESS',
    help='A proxy in front, which is believed what it says of its clients.',
)
@click.option(
    '--root-path',
    metavar='PATH',
    default='',
    help='Path under which the proxy shows the page, such as /deblur.',
)
@click.option(
    '--grace',
    type=click.FloatRange(0),
    default=8,
    show_default=True,
    help='Seconds that photographs may take once the server is stopped.',
)
@click.option(
    '--log-level',
    type=click.Choice(('debug', 'info', 'warning', 'error')),
    default='info',
    show_default=True,
)
@click.option(
    '--log-format',
    type=click.Choice(('text', 'json')),
    default='text',
    show_default=True,
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
    per_client: int,
    max_seconds: float,
    max_total_megabytes: float,
    allowed_host: tuple[str, ...],
    proxy: str | None,
    root_path: str,
    grace: float,
    log_level: str,
    log_format: str,
) -> None:
    """Serve a web page that deblurs photographs, and an HTTP interface.

    Only this machine reaches it, unless --host says otherwise. There are no
    accounts: whoever reaches it can use it.
    """
    click.echo('Starting: the model is loaded first', err=True)
    try:
        # Gradio itself is imported once its folder is there.
        if find_spec('gradio') is None:
            raise ImportError('gradio is not installed')
        from ..serve.limits import Limits
        from ..serve.logs import configure_logging
        from ..serve.server import is_loopback, run_server
        from ..serve.service import DeblurService
    except ImportError as error:
        raise click.ClickException(
            f'the page needs further packages ({error}): pip install '
            '"gradio>=5.20" fastapi-offline prometheus-client'
        ) from None
    if not is_loopback(host):
        click.echo(
            f'Warning: {host} is open to the network, without accounts or '
            'encryption',
            err=True,
        )
    configure_logging(log_level, log_format)
    try:
        service = DeblurService(
            _models(weights, device),
            Limits(
                max_megabytes,
                max_megapixels,
                max_files,
                concurrency,
                queue,
                per_client,
                max_seconds,
                max_total_megabytes,
            ),
            None if prior is None else _prior(*prior, classes),
        )
        run_server(
            service,
            host,
            port,
            lambda address: click.echo(f'{address} (stop with Ctrl-C)'),
            allowed_host,
            proxy,
            root_path,
            grace,
        )
        gc.freeze()  # to take the page apart at exit takes a second
    except (ValueError, OSError, ImportError) as error:
        raise click.ClickException(str(error)) from error


def _models(
    weights: tuple[str, ...], device: str | None
) -> dict[str, Callable[[], 'Backend']]:
    """Return what loads each model, by the name that visitors see."""
    from pathlib import Path

    from ..apis.choice import has_pytorch
    from ..utils.model_index import DEFAULT, read_model_index

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
        is_exported = given.endswith('.onnx')
        load = _torch if has_pytorch() and not is_exported else _onnx
        models[name] = partial(load, given, device)
    return models


def _torch(weights: str, device: str | None) -> 'Backend':
    import torch

    from ..apis import TorchBackend, load_generator

    if device is None:
        device = 'cuda' if torch.cuda.is_available() else 'cpu'
    return TorchBackend(load_generator(weights, device), 'auto')


def _onnx(weights: str, device: str | None) -> 'Backend':
    from ..apis.choice import choose_backend

    make = choose_backend(weights, backend='onnx', device=device or 'auto')
    return make(getLogger('mmasgan.serve').info)


def _prior(source: str, path: str, classes: str | None) -> Any:
    from .priors import SOURCES, build_prior

    if source not in SOURCES or source == 'disk':
        raise ValueError(
            f'--prior {source}: expected torchvision, segformer or onnx'
        )
    return build_prior(source, {'weights': path, 'classes': classes})
