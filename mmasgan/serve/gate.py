"""What every request passes before anything reads it."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import ExitStack, suppress
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import parse_qs

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .bodies import Body
from .limits import Counted, Limits, RefusedError, refusal
from .listeners import Listeners
from .metrics import Metrics
from .origins import Hosts, check_origin, client_of
from .routes import FILES, Route, methods_of, open_route
from .stopping import Stopping

__all__ = ['Gate']

DRAIN = 2  # seconds in which the answer to a refused body can arrive
OVERHEAD = 100_000  # bytes of a form beside its files
JSON_OF_FILE = 4_000  # bytes of an event, for each photograph
UNSAFE = 'POST', 'PUT', 'PATCH', 'DELETE'
# Gradio answers Origin with permission for that site, and makes addresses of
# what anyone says that the host is. The scheme and client that a trusted proxy
# names are in the scope already.
DROPPED = b'origin', b'forwarded', b'x-forwarded-host', b'x-forwarded-proto'


class Gate:
    """Lets through what the page and programs need, within limits.

    Args:
        app: The application behind it.
        limits: What visitors may ask for.
        folder: Where files of visitors are, the only ones that are sent.
        hosts: Names of this server.
        listeners: Sessions that listen.
        admit: Called with the client before something joins the queue of
            the page; it refuses.
        metrics: Counts requests.
        stopping: Whether the server stops.
        root_path: Path under which a proxy shows the server.
    """

    def __init__(
        self,
        app: ASGIApp,
        limits: Limits,
        folder: Path,
        hosts: Hosts,
        listeners: Listeners,
        admit: Callable[[str], None],
        metrics: Metrics,
        stopping: Stopping,
        root_path: str = '',
    ) -> None:
        self.app = app
        self.metrics = metrics
        self.stopping = stopping
        self.root_path = root_path
        self.folder = folder.resolve()
        self.hosts = hosts
        self.listeners = listeners
        self.admit = admit
        self.sizes = {
            '': 0,
            'json': OVERHEAD + limits.files * JSON_OF_FILE,
            'photo': limits.bytes + OVERHEAD,
            'upload': limits.files * limits.bytes + OVERHEAD,
        }
        self.open = {
            'streams': Counted(256, 32, 'listeners'),
            'json': Counted(64, 16, 'requests'),
            'upload': Counted(16, 4, 'uploads'),
        }

    async def __call__(
        self, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Answer a request, or let the application do it."""
        if scope['type'] == 'lifespan':
            await self.app(scope, receive, send)
        elif scope['type'] == 'http':
            await self._measured(scope, receive, send)
        else:
            await send({'type': 'websocket.close'})

    async def _measured(
        self, scope: Scope, receive: Receive, send: Send
    ) -> None:
        start, status = monotonic(), 0

        async def answer(message: Message) -> None:
            nonlocal status
            status = message.get('status', status)
            await send(message)

        scope = self._below_root(scope)
        route = open_route(scope['method'], scope['path'])
        try:
            await self._http(scope, receive, answer, route)
        finally:
            self.metrics.request(
                scope['method'],
                route.path if route else None,
                status,
                monotonic() - start,
                client_of((scope.get('client') or ('',))[0]),
            )

    def _below_root(self, scope: Scope) -> Scope:
        """Return a request as if it had come without the proxy's path."""
        path = scope['path']
        if not self.root_path or not f'{path}/'.startswith(
            f'{self.root_path}/'
        ):
            return scope
        return {**scope, 'path': path[len(self.root_path) :] or '/'}

    async def _http(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        route: Route | None,
    ) -> None:
        body = Body(receive, 0)
        with ExitStack() as stack:
            try:
                route = self._checked(scope, route)
                body = Body(receive, self.sizes[route.body])
                body.check(scope)
                self._enter(stack, scope, route)
            except RefusedError as error:
                await _refuse(error, body, scope, send)
                return
            work = self._pass(scope, body, send)
            if not route.streams:
                await work
            else:
                await self._until_stopped(work, send)

    async def _until_stopped(
        self, work: Coroutine[Any, Any, None], send: Send
    ) -> None:
        """Let a stream go on until the server stops."""
        stream = asyncio.ensure_future(work)
        end = asyncio.ensure_future(self.stopping.streams_end.wait())
        try:
            await asyncio.wait(
                (stream, end), return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            end.cancel()
            is_cut = not stream.done()
            stream.cancel()
            with suppress(asyncio.CancelledError):
                await stream
            if is_cut:
                with suppress(Exception):  # it has ended, or not begun
                    await send({'type': 'http.response.body', 'body': b''})

    def _checked(self, scope: Scope, route: Route | None) -> Route:
        headers: dict[str, str] = {}
        for pair in scope['headers']:
            name, value = (part.decode('latin-1') for part in pair)
            name = name.lower()
            # What is there twice is neither of both.
            before = f'{headers[name]}, ' if name in headers else ''
            headers[name] = before + value
        self.hosts.check(headers.get('host', ''))
        path = scope['path']
        if route is None and (methods := methods_of(path)):
            allowed = ', '.join(methods)
            raise RefusedError(
                f'{path} takes {allowed}', 405, {'Allow': allowed}
            )
        if route is None:
            raise RefusedError('there is nothing here', 404)
        if scope['method'] in UNSAFE:
            check_origin(headers)
        if path.startswith(FILES):
            file = Path(path[len(FILES) :])
            if '\0' in path or self.folder not in file.resolve().parents:
                raise RefusedError('there is nothing here', 404)
        return route

    def _enter(self, stack: ExitStack, scope: Scope, route: Route) -> None:
        if self.stopping.has_begun and scope['method'] in UNSAFE:
            raise RefusedError('the server is being stopped', 503)
        client = client_of((scope.get('client') or ('',))[0])
        kind = 'streams' if route.streams else route.body
        if kind in self.open:
            stack.enter_context(self.open[kind].one(client))
        if route.path.endswith('/queue/join'):
            self.admit(client)
        if route.path.endswith('/queue/data'):
            query = parse_qs(scope['query_string'].decode('latin-1'))
            for session in query.get('session_hash', ())[:1]:
                stack.enter_context(self.listeners.listen(session))

    async def _pass(self, scope: Scope, body: Body, send: Send) -> None:
        started = False

        async def answer(message: Message) -> None:
            nonlocal started
            if body.refused and not started:
                return  # Gradio's words for what is refused here
            started = True
            await answer_all(message)

        answer_all = _closing(body, send)
        kept = [pair for pair in scope['headers'] if pair[0] not in DROPPED]
        path = f'{self.root_path}{scope["path"]}'  # as ASGI has it
        root = self.root_path
        passed = {**scope, 'headers': kept, 'path': path, 'root_path': root}
        try:
            await self.app(passed, body, answer)
        except Exception:
            # That a client has left is nothing to log, again and again.
            if not (body.refused or body.is_gone):
                raise
        if body.refused and not started:
            await _refuse(body.refused, body, scope, send)


async def _refuse(
    error: RefusedError, body: Body, scope: Scope, send: Send
) -> None:
    """Answer at once, and close the connection a moment later."""
    response = refusal(error)
    response.headers['Connection'] = 'close'
    await response(scope, body, _closing(body, send))


def _closing(body: Body, send: Send) -> Send:
    """Close the connection after an answer to a body that is unread.

    The server would read the rest of the body for as long as it comes.
    """
    closes = False

    async def answer(message: Message) -> None:
        nonlocal closes
        if message['type'] == 'http.response.start' and not body.is_done:
            closes = True
            headers = [
                pair for pair in message['headers'] if pair[0] != b'connection'
            ]
            headers.append((b'connection', b'close'))
            message = {**message, 'headers': headers}
        elif closes and not message.get('more_body', False):
            await send({**message, 'more_body': True})
            # Closed with bytes that nobody read, the client could lose it.
            await body.drain(DRAIN)
            message = {**message, 'body': b''}
        await send(message)

    return answer
