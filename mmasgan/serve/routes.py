"""Open routes of the server; all others are closed."""

import re
from dataclasses import dataclass
from urllib.parse import parse_qs

from ..utils.atomic_files import LONGEST_NAME
from .limits import RefusedError

__all__ = [
    'FILES',
    'ROUTES',
    'SESSION',
    'Route',
    'methods_of',
    'open_route',
    'session_of',
]

FILES = '/gradio_api/file='
HEARTBEAT = '/gradio_api/heartbeat/'
SESSION = '^[A-Za-z0-9_-]{1,64}$'


@dataclass(frozen=True)
class Route:
    """Open route.

    Attributes:
        method: HTTP method; GET includes HEAD.
        path: Path; a trailing ``*`` matches any rest.
        body: Kind of the body: empty for none, ``json``, ``upload`` or
            ``photo``.
        streams: Whether the response may last as long as the client wants.
    """

    method: str
    path: str
    body: str = ''
    streams: bool = False

    def matches(self, method: str, path: str) -> bool:
        """Return whether a request is for this route."""
        if method != self.method and (method, self.method) != ('HEAD', 'GET'):
            return False
        if self.path.endswith('*'):
            return path.startswith(self.path[:-1])
        return path == self.path


OURS = (
    Route('GET', '/health'),
    Route('GET', '/ready'),
    Route('GET', '/metrics'),
    Route('GET', '/api/models'),
    Route('POST', '/api/deblur', 'photo'),
    Route('GET', '/openapi.json'),
    Route('GET', '/docs'),
)
ROUTES = (
    *OURS,
    Route('GET', '/static-offline-docs/*'),
    Route('POST', '/gradio_api/upload', 'upload'),
    Route('GET', '/gradio_api/upload_progress'),
    # page and assets
    Route('GET', '/'),
    Route('GET', '/config'),
    Route('GET', '/theme.css'),
    Route('GET', '/gradio_api/theme.css'),
    Route('GET', '/favicon.ico'),
    Route('GET', '/robots.txt'),
    Route('GET', '/manifest.json'),
    Route('GET', '/assets/*'),
    Route('GET', '/static/*'),
    Route('GET', '/svelte/*'),
    # events and files of the page
    Route('GET', '/gradio_api/info'),
    Route('GET', '/gradio_api/app_id'),
    Route('GET', '/gradio_api/startup-events'),
    Route('GET', f'{HEARTBEAT}*', streams=True),
    Route('POST', '/gradio_api/queue/join', 'json'),
    Route('GET', '/gradio_api/queue/data', streams=True),
    Route('GET', f'{FILES}*'),
)


def open_route(method: str, path: str) -> Route | None:
    """Return the open route of a request; None if there is none."""
    parts = path.split('/')
    if '\\' in path or ('..' in parts and not path.startswith(FILES)):
        return None
    if max(len(part.encode()) for part in parts) > LONGEST_NAME:
        return None
    return next((r for r in ROUTES if r.matches(method, path)), None)


def methods_of(path: str) -> list[str]:
    """Return the methods of a path of the HTTP interface."""
    return [route.method for route in OURS if route.path == path]


def session_of(path: str, query: bytes) -> str:
    """Return the session that a stream of the page belongs to.

    Raises:
        RefusedError: If there is no valid one, or more than one.
    """
    found = [path.removeprefix(HEARTBEAT)]
    if found == [path]:
        found = parse_qs(query.decode('latin-1')).get('session_hash', [])
    if len(found) != 1 or not re.fullmatch(SESSION, found[0]):
        raise RefusedError(
            'session_hash must be 1 to 64 letters, digits, "-" and "_"'
        )
    return found[0]
