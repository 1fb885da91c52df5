"""``mmasgan serve``: a web page that deblurs photographs."""

import gc
from collections.abc import Callable
from dataclasses import fields
from functools import partial
from importlib.util import find_spec
from logging import getLogger
from typing import TYPE_CHECKING, Any

import click

from ..serve.limits import Limits
from ..serve.logs import LOG_FORMATS, LOG_LEVELS, configure_logging

if TYPE_CHECKING:
    from ..apis.inference.backend import Backend

__all__ = ['serve']

TYPES = {int: click.IntRange(1), float: click.FloatRange(0, min_open=True)}
WITHOUT_MAX = ('concurrency', 'queue', 'per_client')  # in the option's name


def _limits(command: Callable) -> Callable:
    for limit in reversed(fields(Limits)):
        prefix = '' if limit.name in WITHOUT_MAX else 'max-'
        command = click.option(
            f'--{prefix}{limit.name.replace("_", "-")}',
            limit.name,
            type=TYPES[limit.type],
            default=limit.default,
            show_default=True,
            help=limit.metadata['help'],
        )(command)
    return command


@click.command()
@click.option(
    '--host',
    default='127.0.0.1',
    show_default=True,
    help='Address to listen on; 0.0.0.0 for the local network.',
)
@click.option(
    '--port',
    type=click.IntRange(0, 65535),
    default=7860,
    show_default=True,
    help='Port to listen on; 0 selects a free one.',
)
@click.option(
    '--weights',
    metavar='NAME|PATH',
    multiple=True,
    help='Name of a model, a safetensors file, a checkpoint of a training or '
    'an exported model; repeat the option to let visitors choose.  [default: '
    'the default model of the library]',
)
@click.option(
    '--prior',
    nargs=2,
    metavar='SOURCE PATH',
    help='Source of semantic maps for weights that take them, as in mmasgan '
    'priors: onnx model.onnx.',
)
@click.option('--classes', help='Table of the classes of --prior.')
@click.option(
    '--device',
    help='Device for PyTorch.  [default: cuda if available, otherwise cpu]',
)
@_limits
@click.option(
    '--allowed-host',
    '--allow-host',
    'allowed_host',
    metavar='NAME',
    multiple=True,
    help='Further host name of this server, such as that of a proxy.',
)
@click.option(
    '--proxy',
    metavar='ADDRESS',
    help='Address of a proxy, whose X-Forwarded headers are trusted.',
)
@click.option(
    '--root-path',
    metavar='PATH',
    default='',
    help='Path under which the proxy serves the page, such as /deblur.',
)
@click.option(
    '--grace',
    type=click.FloatRange(0),
    default=8,
    show_default=True,
    help='Seconds to finish running work after a stop signal.',
)
@click.option(
    '--log-level',
    type=click.Choice(LOG_LEVELS),
    default='info',
    show_default=True,
    help='Lowest level that is logged.',
)
@click.option(
    '--log-format',
    type=click.Choice(LOG_FORMATS),
    default='text',
    show_default=True,
    help='Format of the log on standard error.',
)
def serve(
    host: str,
    port: int,
    weights: tuple[str, ...],
    prior: tuple[str, str] | None,
    classes: str | None,
    device: str | None,
    allowed_host: tuple[str, ...],
    proxy: str | None,
    root_path: str,
    grace: float,
    log_level: str,
    log_format: str,
    **limits: float,
) -> None:
    """Run a web page and an HTTP interface that deblur photographs.

    By default, only this machine can reach it. There are no accounts: everyone
    who can reach it can use it.
    """
    click.echo('Starting: loading the model', err=True)
    try:
        # build_app imports Gradio, once its temporary folder exists.
        if find_spec('gradio') is None:
            raise ImportError('gradio is not installed')
        from ..serve.origins import is_loopback
        from ..serve.server import run_server
        from ..serve.service import DeblurService
    except ImportError as error:
        raise click.ClickException(
            f'the page needs further packages ({error}): pip install '
            '"gradio>=6" fastapi-offline prometheus-client'
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
            Limits(**limits),  # type: ignore
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
        gc.freeze()  # otherwise, freeing the page takes a second
    except (ValueError, OSError, ImportError) as error:
        raise click.ClickException(str(error)) from error


def _models(
    weights: tuple[str, ...], device: str | None
) -> dict[str, Callable[[], 'Backend']]:
    """Return functions that load a model, by the name that visitors see."""
    from pathlib import Path

    from ..apis.choice import has_pytorch
    from ..utils.model_index import DEFAULT, read_model_index

    index = read_model_index()
    models: dict[str, Callable[[], Backend]] = {}
    for given in weights or (DEFAULT,):
        name = index[given].name if given in index else Path(given).name
        if name in models:
            raise ValueError(f'--weights: two models have the name {name!r}')
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
