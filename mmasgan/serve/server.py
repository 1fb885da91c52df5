"""The page and the interface in one server."""

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
from .limits import Limits, RefusedError
from .listeners import Listeners
from .origins import LOOPBACK, Hosts, client_of, is_loopback
from .service import DeblurService
from .stopping import StoppableServer, Stopping
from .uploads import uploads

__all__ = ['LOOPBACK', 'build_app', 'is_loopback', 'run_server']

MOST_SESSIONS = 512  # with their events, of those that left
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
        service: What deblurs.
        folder: For temporary files, all of them; the caller removes it.
        host: Where it will listen. Requests for other names are refused, so
            that no web site reaches it by a name of its own.
        allowed_hosts: Further names that it answers to.
        root_path: Path under which a proxy shows it, such as ``/deblur``.
        stopping: Whether the server stops; None if it never says so.

    Raises:
        ValueError: If there cannot be such a path.
    """
    root_path = root_path.rstrip('/')
    if root_path and not ROOT_PATH.fullmatch(root_path):
        raise ValueError(
            f'root_path must look like /deblur, got {root_path!r}'
        )
    stopping = stopping or Stopping()
    # Read by Gradio when it is imported: nothing is reported to anyone, and
    # its files are where ours are.
    os.environ['GRADIO_ANALYTICS_ENABLED'] = 'False'
    os.environ['GRADIO_TEMP_DIR'] = str(folder)
    import gradio

    from .page import build_page

    limits = service.limits
    listeners = Listeners()
    page = build_page(service, folder, listeners)
    app = FastAPIOffline(
        redoc_url=None,
        title='mmasgan',
        version=__version__,
        swagger_ui_parameters=dict(validatorUrl=None),  # asks another server
    )
    install_error_form(app)
    app.add_middleware(
        Gate,
        limits=limits,
        folder=folder,
        hosts=Hosts(host, allowed_hosts),
        listeners=listeners,
        admit=lambda client: _admit(page, limits, listeners, client),
        metrics=service.metrics,
        stopping=stopping,
        root_path=root_path,
    )
    app.include_router(http_api(service, stopping))
    app.include_router(uploads(limits, folder))
    gradio.mount_gradio_app(
        app,
        page,
        path='/',
        root_path=root_path,
        max_file_size=limits.bytes,
        show_error=False,  # what is not foreseen is not the visitor's matter
        ssr_mode=False,
        footer_links=[],
        enable_monitoring=False,
        theme=gradio.themes.Default(
            font=['system-ui', 'sans-serif'], font_mono=['monospace']
        ).set(  # its own have too little contrast
            block_info_text_color='*neutral_600',
            block_info_text_color_dark='*neutral_300',
            button_primary_background_fill=BUTTON,
            button_primary_background_fill_dark=BUTTON,
            button_primary_background_fill_hover=BUTTON,
        ),
    )
    # Gradio checks the paths that it is given for pages that it launched
    # itself alone; of others it would copy any file of this machine.
    page.has_launched = True
    _fetch_nothing()
    # Around each event Gradio sets up matplotlib, which the page does not
    # use; to import it takes seconds in which nobody else is answered.
    vars(gradio.utils)['MatplotlibBackendMananger'] = nullcontext
    return app


def _admit(
    page: Any, limits: Limits, listeners: Listeners, client: str
) -> None:
    """Refuse what would wait for too long, before its body is read."""
    queue = page._queue
    _forget(queue, listeners)
    waiting = [
        client_of(event.request.client.host)
        for event in queue.event_ids_to_events.values()
        if event.request.client
    ]
    if len(queue) >= limits.queue:
        raise RefusedError('the queue is full; try again later', 503)
    if waiting.count(client) >= limits.per_client:
        raise RefusedError(
            'too many requests of yours are waiting; try again when some are '
            'done',
            503,
        )


def _forget(queue: Any, listeners: Listeners) -> None:
    """Drop the oldest sessions that left, which Gradio keeps for ever."""
    sessions = queue.pending_event_ids_session
    for session in tuple(sessions)[: max(0, len(sessions) - MOST_SESSIONS)]:
        if session not in listeners:
            sessions.pop(session, None)
            queue.pending_messages_per_session.pop(session, None)


def _fetch_nothing() -> None:
    """Keep Gradio from fetching addresses that a visitor names."""
    from gradio import processing_utils

    def refuse(url: str, cache_dir: str) -> str:
        raise ValueError('only photographs that were sent are opened')

    async def refuse_async(url: str, cache_dir: str) -> str:
        return refuse(url, cache_dir)

    processing_utils.ssrf_protected_download = refuse
    processing_utils.save_url_to_cache = refuse
    processing_utils.async_ssrf_protected_download = refuse_async


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
    """Serve until SIGINT or SIGTERM, and leave no file behind.

    From the first signal on, new work is refused; a second one ends it.

    Args:
        service: What deblurs.
        host: Where to listen.
        port: Where to listen; 0 takes any that is free.
        tell: Called with the address once there is one.
        allowed_hosts: Further names that it answers to.
        proxy: Address of a proxy in front, which is believed what it says of
            its clients; None believes no one.
        root_path: Path under which the proxy shows it.
        grace: Seconds that work may take from the signal on.

    Raises:
        OSError: If it cannot listen there.
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
        # When it has stopped, the server passes the signal on to this.
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
            f'cannot listen at {host}:{port}: {error}; --port names another '
            'one, and --port 0 takes any that is free'
        ) from error
