"""What may be asked of the server; everything else is closed."""

from dataclasses import dataclass

__all__ = ['FILES', 'ROUTES', 'Route', 'methods_of', 'open_route']

FILES = '/gradio_api/file='


@dataclass(frozen=True)
class Route:
    """A route that is open.

    Attributes:
        method: Method of HTTP; GET opens HEAD too.
        path: Path; one that ends in ``*`` opens all that begin so.
        body: Kind of the body: empty for none, ``json``, ``upload`` or
            ``photo``.
        streams: Whether it stays open for as long as the client likes.
    """

    method: str
    path: str
    body: str = ''
    streams: bool = False

    def matches(self, method: str, path: str) -> bool:
        """Whether a request is for it.

        Args:
            method: Method of the request.
            path: Path of the request, decoded.
        """
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
    # the page and its parts
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
    # its events and files
    Route('GET', '/gradio_api/info'),
    Route('GET', '/gradio_api/app_id'),
    Route('GET', '/gradio_api/startup-events'),
    Route('GET', '/gradio_api/heartbeat/*', streams=True),
    Route('POST', '/gradio_api/queue/join', 'json'),
    Route('GET', '/gradio_api/queue/data', streams=True),
    Route('GET', f'{FILES}*'),
)


def open_route(method: str, path: str) -> Route | None:
    """Return the route that a request is for; None if it is closed.

    Args:
        method: Method of the request.
        path: Path of the request, decoded.
    """
    if '\\' in path or (
        '..' in path.split('/') and not path.startswith(FILES)
    ):
        return None
    return next((r for r in ROUTES if r.matches(method, path)), None)


def methods_of(path: str) -> list[str]:
    """Return the methods of a route for programs; none for another path.

    Args:
        path: Path of the request, decoded.
    """
    return [route.method for route in OURS if route.path == path]
