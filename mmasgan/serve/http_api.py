"""HTTP interface for programs."""

from time import monotonic
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel
from starlette.datastructures import UploadFile

from .. import __version__
from .folder import plain_name
from .limits import Limits, RefusedError, Room
from .service import DeblurService
from .stopping import Stopping

__all__ = ['MEDIA_TYPES', 'http_api']

MEDIA_TYPES = {
    '.jpg': 'image/jpeg',
    '.jpeg': 'image/jpeg',
    '.jpe': 'image/jpeg',
    '.jfif': 'image/jpeg',
    '.tif': 'image/tiff',
    '.ppm': 'image/x-portable-pixmap',
    '.pgm': 'image/x-portable-graymap',
    '.pnm': 'image/x-portable-anymap',
}
"""Media types by suffix, where they are not ``image/<suffix>``."""

METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8'
FORM = 'multipart/form-data'
ERRORS = (400, 403, 408, 413, 415, 500, 503)  # statuses of /api/deblur
BINARY = {'type': 'string', 'format': 'binary'}
BODY = {
    'required': True,
    'content': {
        'image/*': {'schema': BINARY},
        'application/octet-stream': {'schema': BINARY},
        FORM: {
            'schema': {
                'type': 'object',
                'required': ['photo'],
                'properties': {'photo': BINARY},
            }
        },
    },
}


class Health(BaseModel):
    """State of the server."""

    status: str
    version: str
    loaded: list[str]
    in_progress: int


class Ready(BaseModel):
    """Whether the server accepts work, and the length of the queue."""

    status: str
    queue_length: int
    queue_limit: int
    uptime_seconds: float
    devices: dict[str, str]


class Models(BaseModel):
    """Values for ``weights``."""

    default: str
    models: list[str]


class Error(BaseModel):
    """Message: what is wrong, and what to do."""

    error: str


def http_api(
    service: DeblurService, stopping: Stopping | None = None
) -> APIRouter:
    """Return the routes of the HTTP interface.

    They are ``/health``, ``/ready``, ``/metrics``, ``/api/models`` and
    ``/api/deblur``. None of them blocks a thread while it waits. They raise
    :class:`RefusedError`, see ``install_error_form``.
    """
    api = APIRouter()
    limits = service.limits
    room = Room(max(limits.bytes, limits.total_bytes // 4), 'the memory')
    start = monotonic()

    @api.get('/health')
    async def health() -> Health:
        return Health(
            status='ok',
            version=__version__,
            loaded=list(service.loaded),
            in_progress=service.in_progress,
        )

    @api.get('/ready', responses={503: {'model': Ready}})
    async def ready() -> Ready:
        status = 'full' if service.places.is_full else 'ready'
        if stopping is not None and stopping.has_begun:
            status = 'stopping'
        found = Ready(
            status=status,
            queue_length=service.in_progress,
            queue_limit=service.places.most,
            uptime_seconds=round(monotonic() - start, 1),
            devices=service.devices,
        )
        if status != 'ready':
            return JSONResponse(  # type: ignore[return-value]
                found.model_dump(), 503, {'Retry-After': '5'}
            )
        return found

    @api.get('/metrics', response_class=Response)
    async def metrics() -> Response:
        return Response(service.metrics.text(), media_type=METRICS_TYPE)

    @api.get('/api/models')
    async def models() -> Models:
        return Models(default=service.default, models=list(service.names))

    @api.post(
        '/api/deblur',
        response_class=Response,
        responses={
            200: {'content': {'image/*': {'schema': BINARY}}},
            **{status: {'model': Error} for status in ERRORS},
        },
        openapi_extra={'requestBody': BODY},
    )
    async def deblur(
        request: Request,
        name: Annotated[str, Query(description='File name.')] = '',
        weights: Annotated[
            str | None, Query(description='One of /api/models.')
        ] = None,
        strength: Annotated[
            float, Query(description='0 (unchanged) to 1.')
        ] = 1,
    ) -> Response:
        """Deblur a photograph; the response has the same format."""
        kind = _kind(request)
        client = request.client.host if request.client else ''
        size = request.headers.get('content-length', '')
        most = int(size) if size.isdecimal() else limits.bytes
        if most > limits.bytes and kind != FORM:
            raise _too_large(limits, name)
        # Both are reserved before the body is read.
        with service.places.one(client), room.take(min(most, limits.bytes)):
            if kind == FORM:
                content, name = await _form(request, limits, name)
            else:
                content = await _body(request, limits, name)
            served = await service.deblur_async(
                content, name, weights, strength, request.is_disconnected
            )
        suffix = served.name[served.name.rindex('.') :].lower()
        disposition = f"attachment; filename*=UTF-8''{quote(served.name)}"
        headers = {'Content-Disposition': disposition}
        if served.notes:
            notes = quote('; '.join(served.notes), safe=" ;:,.'()/")
            headers['X-Notes'] = notes
        return Response(
            served.content,
            media_type=MEDIA_TYPES.get(suffix, f'image/{suffix[1:]}'),
            headers=headers,
        )

    return api


def _kind(request: Request) -> str:
    kind = request.headers.get('content-type', '').partition(';')[0]
    kind = kind.strip().lower()
    known = ('application/octet-stream', FORM)
    if not kind.startswith('image/') and kind not in known:
        raise RefusedError(
            'send a photograph as the body, with its Content-Type, such as '
            f'image/jpeg, or as the file "photo" of a form; got '
            f'{kind or "none"}',
            415,
        )
    return kind


def _too_large(limits: Limits, name: str) -> RefusedError:
    return RefusedError(
        f"'{plain_name(name) or 'image'}' has more than "
        f'{limits.megabytes:g} MB',
        413,
    )


async def _form(
    request: Request, limits: Limits, name: str
) -> tuple[bytes, str]:
    """Return the content and name of the file in a form."""
    async with request.form(max_files=1, max_fields=0) as form:
        file = form.get('photo')
        if not isinstance(file, UploadFile):
            raise RefusedError('send the photograph as the file "photo"')
        name = name or file.filename or ''
        if (file.size or 0) > limits.bytes:
            raise _too_large(limits, name)
        return await file.read(), name


async def _body(request: Request, limits: Limits, name: str) -> bytes:
    """Return the body, up to the size limit."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > limits.bytes:
            raise _too_large(limits, name)
        parts.append(part)
    return b''.join(parts)
