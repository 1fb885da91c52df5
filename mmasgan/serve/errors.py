"""One form for all errors: ``{"error": "..."}``."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from reprlib import repr as shorten
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from ..apis.inference.pixels import NotFiniteError
from .limits import RefusedError

__all__ = ['explain', 'install_error_form', 'refusal', 'refusals']

MOST_ERRORS = 5  # of one request
RETRY = '5'  # seconds in the header Retry-After
TEMPORARY = (429, 503)


def install_error_form(app: FastAPI) -> None:
    """Let an application send all errors in one form."""

    @app.exception_handler(RefusedError)
    async def refused(request: Request, error: RefusedError) -> Response:
        return refusal(error)

    @app.exception_handler(HTTPException)
    async def http_error(request: Request, error: HTTPException) -> Response:
        return JSONResponse(
            dict(error=str(error.detail).lower()),
            error.status_code,
            error.headers,
        )

    @app.exception_handler(RequestValidationError)
    async def invalid(
        request: Request, error: RequestValidationError
    ) -> Response:
        return refusal(RefusedError(explain(error.errors())))

    @app.exception_handler(Exception)
    async def failed(request: Request, error: Exception) -> Response:
        status = HTTPStatus.INTERNAL_SERVER_ERROR
        message = 'internal error; the log of the server has the details'
        return JSONResponse(dict(error=message), status)


def refusal(error: RefusedError) -> JSONResponse:
    """Return the response to a refused request."""
    headers = {'Retry-After': RETRY} if error.status in TEMPORARY else {}
    headers |= error.headers
    return JSONResponse(dict(error=str(error)), error.status, headers)


def explain(errors: Sequence[Any]) -> str:
    """Return errors of Pydantic in one line."""
    lines = []
    for found in errors[:MOST_ERRORS]:
        where = [str(p) for p in found['loc'] if p not in ('query', 'body')]
        got = shorten(found.get('input'))
        lines.append(f'{".".join(where) or "body"}: {found["msg"]}, got {got}')
    return '; '.join(lines)


@contextmanager
def refusals(name: str) -> Iterator[None]:
    """Turn errors of a photograph into refusals with a message."""
    try:
        yield
    except RefusedError:
        raise
    except MemoryError as error:
        raise RefusedError(
            f"'{name}' does not fit into the memory; scale it down", 413
        ) from error
    except NotFiniteError as error:
        raise RefusedError(f"'{name}': {error}", 500) from error
    except ValueError as error:
        message = str(error)
        if name and f"'{name}'" not in message:
            message = f"'{name}': {message}"
        raise RefusedError(message) from error
