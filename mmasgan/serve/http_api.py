"""The page's own interface for programs."""

from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response

from ..version import __version__
from .limits import RefusedError
from .service import DeblurService

__all__ = ['MEDIA_TYPES', 'http_api']

MEDIA_TYPES = {
    '.jpg': 'image/jpeg',
    '.jpeg': 'image/jpeg',
    '.tif': 'image/tiff',
    '.ppm': 'image/x-portable-pixmap',
    '.pgm': 'image/x-portable-graymap',
}
"""Of files, by suffix; of others it is ``image/<suffix>``."""


def http_api(service: DeblurService) -> APIRouter:
    """Return the routes ``/health``, ``/api/models`` and ``/api/deblur``.

    Args:
        service: What deblurs.
    """
    api = APIRouter()

    @api.get('/health')
    def health() -> dict[str, Any]:
        return dict(
            status='ok',
            version=__version__,
            loaded=list(service.loaded),
            in_progress=service.in_progress,
        )

    @api.get('/api/models')
    def models() -> dict[str, Any]:
        return dict(default=service.default, models=list(service.names))

    @api.post('/api/deblur')
    async def deblur(request: Request) -> Response:
        try:
            return await _deblur(service, request)
        except RefusedError as error:
            return JSONResponse(dict(error=str(error)), error.status)

    return api


async def _deblur(service: DeblurService, request: Request) -> Response:
    kind = request.headers.get('content-type', '').partition(';')[0]
    if not kind.startswith('image/') and kind != 'application/octet-stream':
        raise RefusedError(
            'send a photograph as the body, with its Content-Type, such as '
            f'image/jpeg; got {kind or "none"}',
            415,
        )
    query = request.query_params
    try:
        strength = float(query.get('strength', 1))
    except ValueError as error:
        raise RefusedError(f'strength must be a number: {error}') from error
    served = await run_in_threadpool(
        service.deblur,
        await _body(request, service.limits.bytes),
        query.get('name', ''),
        query.get('weights'),
        strength,
    )
    suffix = served.name[served.name.rindex('.') :].lower()
    return Response(
        served.content,
        media_type=MEDIA_TYPES.get(suffix, f'image/{suffix[1:]}'),
        headers={
            'Content-Disposition': "attachment; filename*=UTF-8''"
            + quote(served.name)
        },
    )


async def _body(request: Request, most: int) -> bytes:
    """Read no more than what is served."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > most:
            raise RefusedError(
                f'the photograph has more than {most / 1e6:g} MB', 413
            )
        parts.append(part)
    return b''.join(parts)
