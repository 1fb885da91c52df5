"""Events of the page, checked before Gradio receives them."""

import logging
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Annotated, Any

import gradio as gr
import gradio.queueing
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field, ValidationError
from starlette.types import Message, Receive, Scope, Send

from .errors import explain
from .folder import plain_name
from .limits import Limits, RefusedError
from .listeners import Listeners
from .origins import client_of
from .routes import SESSION
from .service import DeblurService

__all__ = ['events', 'log_errors']

MOST_SESSIONS = 512  # including the events of sessions that have left
REPLACED = b'content-type', b'content-length', b'transfer-encoding'
LOGGER = logging.getLogger('mmasgan.serve')


class Event(BaseModel, strict=True):
    """Event that the page sends when a button is pressed."""

    fn_index: int
    session_hash: Annotated[str, Field(pattern=SESSION)]
    trigger_id: int | None = None
    data: list[Any]


class Photograph(BaseModel, strict=True):
    """A file that was uploaded."""

    path: str


class Deblur(BaseModel, strict=True):
    """Inputs of the page's ``deblur``: files, model, strength, state."""

    data: tuple[
        list[Photograph] | None,
        str,
        Annotated[float, Field(ge=0, le=1)],
        None,
    ]


class Show(BaseModel, strict=True):
    """Inputs of the page's ``show``: index, state."""

    data: tuple[Annotated[int, Field(ge=0)] | None, None]


class Stop(BaseModel, strict=True):
    """Inputs of the page's ``stop``: none."""

    data: tuple[()]


EVENTS: dict[str, type[BaseModel]] = {
    'deblur': Deblur,
    'show': Show,
    'stop': Stop,
}


def events(
    page: gr.Blocks,
    service: DeblurService,
    folder: Path,
    listeners: Listeners,
) -> APIRouter:
    """Return the route ``queue/join`` of the page.

    Only events that :data:`EVENTS` describes are passed to Gradio. Gradio
    accepts other events, too, fails later, and logs a traceback.
    """
    routes = APIRouter()
    uploads = folder.resolve() / 'uploads'

    @routes.post('/gradio_api/queue/join', include_in_schema=False)
    async def join(request: Request) -> Response:
        client = request.client.host if request.client else ''
        _admit(page, service.limits, listeners, client_of(client))
        kind = request.headers.get('content-type', '')
        if kind.partition(';')[0].strip().lower() != 'application/json':
            raise RefusedError('send application/json', 415)
        try:
            event = Event.model_validate_json(await request.body())
            given = _checked(page, event)
        except ValidationError as error:
            raise RefusedError(explain(error.errors())) from None
        if isinstance(given, Deblur):
            files, weights, *others = given.data
            service.check_name(weights)
            found = [_uploaded(photo.path, uploads) for photo in files or ()]
            event.data = [found, weights, *others]
        return _Passed(event.model_dump(), page.app)

    return routes


def _checked(page: gr.Blocks, event: Event) -> BaseModel:
    """Return the data of an event, as its function takes them."""
    function = page.fns.get(event.fn_index)
    if function is None or function.name not in EVENTS:
        raise RefusedError(f'fn_index: the page has no {event.fn_index}')
    triggers = [target for target, _ in function.targets]
    if event.trigger_id not in (None, *triggers):
        raise RefusedError(f'trigger_id: the page has no {event.trigger_id}')
    return EVENTS[function.name].model_validate({'data': tuple(event.data)})


def _uploaded(given: str, uploads: Path) -> dict[str, Any]:
    try:
        path = Path(given).resolve()
        if uploads in path.parents and path.is_file():
            return dict(path=str(path), meta={'_type': 'gradio.FileData'})
    except (OSError, ValueError):  # too long, or with a null character
        pass
    raise RefusedError(
        f"'{plain_name(given)}' is no longer on this server; add it again"
    )


class _Passed(JSONResponse):
    """The response of Gradio to an event that was checked."""

    def __init__(self, event: dict[str, Any], gradio_app: Any) -> None:
        super().__init__(event)
        self.gradio_app = gradio_app

    async def __call__(
        self, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Let Gradio respond."""
        parts = iter([{'type': 'http.request', 'body': self.body}])

        async def replay() -> Message:
            return next(parts, None) or await receive()

        headers = [h for h in scope['headers'] if h[0] not in REPLACED]
        headers += [h for h in self.raw_headers if h[0] in REPLACED]
        await self.gradio_app({**scope, 'headers': headers}, replay, send)


def _admit(
    page: Any, limits: Limits, listeners: Listeners, client: str
) -> None:
    """Refuse an event that would wait too long, before its body is read."""
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
            'too many of your requests are waiting; try again when some are '
            'done',
            503,
        )


def _forget(queue: Any, listeners: Listeners) -> None:
    """Drop the oldest sessions that have left; Gradio keeps them forever."""
    sessions = queue.pending_event_ids_session
    for session in tuple(sessions)[: max(0, len(sessions) - MOST_SESSIONS)]:
        if session not in listeners:
            sessions.pop(session, None)
            queue.pending_messages_per_session.pop(session, None)


def log_errors() -> None:
    """Let Gradio write to the log, not directly to standard error.

    Errors that it shows to the visitor take one line.
    """

    def log() -> None:
        error = sys.exc_info()[1]
        if isinstance(error, gr.Error):
            LOGGER.info('refused in the page: %s', error.message)
        else:
            LOGGER.error('an event of the page failed', exc_info=True)

    vars(gradio.queueing)['traceback'] = SimpleNamespace(print_exc=log)
