"""Page and HTTP interface in one server."""

import os
import re
import signal
import socket
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import uvicorn
from fastapi import FastAPI
from fastapi_offline import FastAPIOffline

from .. import __version__
from .connections import Connection, ProxiedConnection
from .errors import install_error_form
from .folder import swept
from .gate import Gate
from .http_api import http_api
from .listeners import Listeners
from .origins import Hosts
from .service import DeblurService
from .stopping import StoppableServer, Stopping
from .uploads import uploads

__all__ = ['build_app', 'run_server']

BUTTON = '#c2410c'
ROOT_PATH = re.compile(r'(/[A-Za-z0-9._~-]+)+')


def build_app(
    service: DeblurService,
    folder: Path,
    host: str = '127.0.0.1',
    allowed_hosts: Iterable[str] = (),
    root_path: str = '',
    stopping: Stopping | None = None,
) -> FastAPI:
    """Return the application: page, ``/health``, ``/api``, ``/docs``.

    Args:
        service: Service that deblurs.
        folder: Folder for all temporary files; the caller removes it.
        host: Address that the server will listen on. Requests for other host
            names are refused, so that no web site can reach the server under
            its own name.
        allowed_hosts: Further host names that are accepted.
        root_path: Path under which a proxy serves the page, such as
            ``/deblur``.
        stopping: State of the shutdown; None if the server never stops.

    Raises:
        ValueError: If ``root_path`` is not a valid path.
    """
    root_path = root_path.rstrip('/')
    if root_path and not ROOT_PATH.fullmatch(root_path):
        raise ValueError(
            f'root_path must look like /deblur, got {root_path!r}'
        )
    stopping = stopping or Stopping()
    # Gradio reads these when it is imported: no analytics, all files in one
    # folder, and no copies of results in the browser.
    os.environ['GRADIO_ANALYTICS_ENABLED'] = 'False'
    os.environ['GRADIO_TEMP_DIR'] = str(folder)
    os.environ['GRADIO_RUN_HISTORY'] = 'False'
    import gradio

    from .events import events, log_errors
    from .page import build_page

    limits = service.limits
    listeners = Listeners()
    page = build_page(service, folder, listeners)
    app = FastAPIOffline(
        redoc_url=None,
        title='mmasgan',
        version=__version__,
        swagger_ui_parameters=dict(
            validatorUrl=None
        ),  # would ask another server
    )
    install_error_form(app)
    app.add_middleware(
        Gate,
        limits=limits,
        folder=folder,
        hosts=Hosts(host, allowed_hosts),
        listeners=listeners,
        metrics=service.metrics,
        stopping=stopping,
        root_path=root_path,
    )
    app.include_router(http_api(service, stopping))
    app.include_router(uploads(limits, folder))
    app.include_router(events(page, service, folder, listeners))
    gradio.mount_gradio_app(
        app,
        page,
        path='/',
        root_path=root_path,
        max_file_size=limits.bytes,
        show_error=False,  # unexpected errors only go to the log
        ssr_mode=False,
        footer_links=[],
        enable_monitoring=False,
        theme=gradio.themes.Default(
            font=['system-ui', 'sans-serif'], font_mono=['monospace']
        ).set(  # the default colours have too little contrast
            block_info_text_color='*neutral_600',
            block_info_text_color_dark='*neutral_300',
            button_primary_background_fill=BUTTON,
            button_primary_background_fill_dark=BUTTON,
            button_primary_background_fill_hover=BUTTON,
        ),
    )
    # Gradio only checks paths of pages that it launched itself. For others, it
    # would copy any file of this machine.
    page.has_launched = True
    # Use the mounted application, not that of a standalone page.
    mounted: Any = app.routes[-1]
    page.app = mounted.app
    install_error_form(page.app)
    log_errors()
    # Gradio imports matplotlib for each event. The page does not use it, and
    # the first import blocks the server for seconds.
    vars(gradio.utils)['MatplotlibBackendMananger'] = nullcontext
    return app


def run_server(
    service: DeblurService,
    host: str = '127.0.0.1',
    port: int = 7860,
    tell: Callable[[str], Any] = lambda address: None,
    allowed_hosts: Iterable[str] = (),
    proxy: str | None = None,
    root_path: str = '',
    grace: float = 8,
) -> None:
    """Serve until SIGINT or SIGTERM, and leave no files behind.

    The arguments are options of ``mmasgan serve``; ``tell`` is called with
    the URL of the server when it is known.

    The first signal stops new work, the second one ends the server at once.

    Raises:
        OSError: If the address or port cannot be used.
    """
    with _listen(host, port) as listener, TemporaryDirectory() as name:
        folder = Path(name).resolve()
        stopping = Stopping()
        app = build_app(
            service, folder, host, allowed_hosts, root_path, stopping
        )
        server = StoppableServer(
            uvicorn.Config(
                app,
                http=ProxiedConnection if proxy else Connection,
                ws='none',
                proxy_headers=proxy is not None,
                forwarded_allow_ips=proxy,
                log_config=None,  # see configure_logging
                access_log=False,
                timeout_graceful_shutdown=1,
                server_header=False,
            ),
            stopping,
            grace,
            lambda: service.is_busy,
            service.stop,
        )
        found = listener.getsockname()[1]
        shown = f'[{host}]' if ':' in host else host
        tell(f'http://{shown}:{found}')
        # Uvicorn raises the signal again when it has stopped.
        before = signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            with swept(folder):
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
            f'cannot listen on {host}:{port}: {error}; choose another --port, '
            'or --port 0 for any free one'
        ) from error
