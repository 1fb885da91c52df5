"""Checks of every request before the application handles it."""

import asyncio
from collections.abc import Coroutine
from contextlib import ExitStack, suppress
from pathlib import Path
from time import monotonic
from typing import Any

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .bodies import Body
from .errors import refusal
from .limits import Counted, Limits, RefusedError
from .listeners import Listeners
from .metrics import Metrics
from .origins import Hosts, check_origin, client_of
from .routes import FILES, Route, methods_of, open_route, session_of
from .stopping import Stopping

__all__ = ['Gate']

DRAIN = 2  # seconds to receive the response to a refused body
OVERHEAD = 100_000  # bytes of a form in addition to its files
JSON_OF_FILE = 4_000  # bytes of an event per photograph
UNSAFE = 'POST', 'PUT', 'PATCH', 'DELETE'
# Gradio allows any site in Origin to read its responses, and uses any host
# header in its URLs. Uvicorn has already applied the headers of a trusted
# proxy to the scope.
DROPPED = b'origin', b'forwarded', b'x-forwarded-host', b'x-forwarded-proto'


class Gate:
    """Middleware that only passes on open routes, within limits."""

    def __init__(
        self,
        app: ASGIApp,
        limits: Limits,
        folder: Path,
        hosts: Hosts,
        listeners: Listeners,
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
        """Refuse a request, or pass it to the application."""
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
        """Return the request without the path of the proxy."""
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
        """Run a stream until it ends or the server stops."""
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
                with suppress(Exception):  # it has ended, or not started
                    await send({'type': 'http.response.body', 'body': b''})

    def _checked(self, scope: Scope, route: Route | None) -> Route:
        headers: dict[str, str] = {}
        for pair in scope['headers']:
            name, value = (part.decode('latin-1') for part in pair)
            name = name.lower()
            # Join the values of a repeated header, so that it matches neither.
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
            raise RefusedError('not found', 404)
        if scope['method'] in UNSAFE:
            check_origin(headers)
        if path.startswith(FILES):
            file = Path(path[len(FILES) :])
            if '\0' in path or self.folder not in file.resolve().parents:
                raise RefusedError('not found', 404)
        return route

    def _enter(self, stack: ExitStack, scope: Scope, route: Route) -> None:
        if self.stopping.has_begun and scope['method'] in UNSAFE:
            raise RefusedError('the server is stopping', 503)
        client = client_of((scope.get('client') or ('',))[0])
        kind = 'streams' if route.streams else route.body
        if kind in self.open:
            stack.enter_context(self.open[kind].one(client))
        if route.streams:
            session = session_of(scope['path'], scope['query_string'])
            if route.path.endswith('/queue/data'):
                stack.enter_context(self.listeners.listen(session))

    async def _pass(self, scope: Scope, body: Body, send: Send) -> None:
        started = False

        async def answer(message: Message) -> None:
            nonlocal started
            if body.refused and not started:
                return  # the refusal below replaces Gradio's error
            started = True
            await answer_all(message)

        answer_all = _closing(body, send)
        kept = [pair for pair in scope['headers'] if pair[0] not in DROPPED]
        path = f'{self.root_path}{scope["path"]}'  # as ASGI has it
        root = self.root_path
        passed = {**scope, 'headers': kept, 'path': path, 'root_path': root}
        try:
            await self.app(passed, body, answer)
        except Exception as error:
            # Do not log clients that have disconnected, nor an error that was
            # sent within a stream, such as that of an unknown session.
            in_stream = isinstance(error.__cause__, HTTPException)
            if not (body.refused or body.is_gone or in_stream):
                raise
            if in_stream and started:
                await answer({'type': 'http.response.body', 'body': b''})
        if body.refused and not started:
            await _refuse(body.refused, body, scope, send)


async def _refuse(
    error: RefusedError, body: Body, scope: Scope, send: Send
) -> None:
    """Send the refusal at once, then close the connection."""
    response = refusal(error)
    response.headers['Connection'] = 'close'
    await response(scope, body, _closing(body, send))


def _closing(body: Body, send: Send) -> Send:
    """Close the connection after the response to an unread body.

    Otherwise, the server would read the rest of the body without limit.
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
            # With unread bytes, closing could discard the response.
            await body.drain(DRAIN)
            message = {**message, 'body': b''}
        await send(message)

    return answer
