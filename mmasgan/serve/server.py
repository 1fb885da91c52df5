"""The page and the interface in one server."""

import os
import signal
import socket
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

# Read by Gradio when it is imported; nothing is reported to anyone.
os.environ['GRADIO_ANALYTICS_ENABLED'] = 'False'

import gradio
import uvicorn
from fastapi import FastAPI
from starlette.middleware.trustedhost import TrustedHostMiddleware

from .http_api import http_api
from .page import build_page
from .service import DeblurService

__all__ = ['build_app', 'is_loopback', 'run_server']

LOOPBACK = ('127.0.0.1', 'localhost', '::1')


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches a server there."""
    return host in LOOPBACK or host.startswith('127.')


def build_app(
    service: DeblurService, folder: Path, host: str = '127.0.0.1'
) -> FastAPI:
    """Return the application: page, ``/health`` and ``/api``.

    Args:
        service: What deblurs.
        folder: For temporary files, all of them; the caller removes it.
        host: Where it will listen. On this machine alone, requests for other
            names are refused, so that no web site reaches it by a name of
            its own.
    """
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    if is_loopback(host):
        names = [*LOOPBACK, host, '[::1]', 'testserver']
        app.add_middleware(TrustedHostMiddleware, allowed_hosts=names)
    app.include_router(http_api(service))
    # Where Gradio keeps what is uploaded.
    os.environ['GRADIO_TEMP_DIR'] = str(folder)
    page = build_page(service, folder)
    gradio.mount_gradio_app(
        app,
        page,
        path='/',
        max_file_size=service.limits.bytes,
        show_error=False,  # what is not foreseen is not the visitor's matter
        ssr_mode=False,
        footer_links=[],
        enable_monitoring=False,
        theme=gradio.themes.Default(
            font=['system-ui', 'sans-serif'], font_mono=['monospace']
        ),
    )
    # Gradio checks the paths that it is given for pages that it launched
    # itself alone; of others it would copy any file of this machine.
    page.has_launched = True
    return app


def run_server(
    service: DeblurService,
    host: str = '127.0.0.1',
    port: int = 7860,
    tell: Callable[[str], Any] = lambda address: None,
) -> None:
    """Serve until SIGINT or SIGTERM, and leave no file behind.

    Args:
        service: What deblurs.
        host: Where to listen.
        port: Where to listen; 0 takes any that is free.
        tell: Called with the address once there is one.

    Raises:
        OSError: If it cannot listen there.
    """
    with _listen(host, port) as listener, TemporaryDirectory() as name:
        app = build_app(service, Path(name), host)
        server = uvicorn.Server(
            uvicorn.Config(
                app,
                log_level='warning',
                timeout_graceful_shutdown=3,
                server_header=False,
            )
        )
        found = listener.getsockname()[1]
        shown = f'[{host}]' if ':' in host else host
        tell(f'http://{shown}:{found}')
        # When it has stopped, the server passes the signal on to this.
        before = signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            server.run(sockets=[listener])
        except KeyboardInterrupt:
            pass
        finally:
            signal.signal(signal.SIGTERM, before)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ':' in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except (OSError, OverflowError) as error:
        raise OSError(
            f'cannot listen at {host}:{port}: {error}; --port names another '
            'one, and --port 0 takes any that is free'
        ) from error
