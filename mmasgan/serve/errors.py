"""One form of errors, whoever raises them: ``{"error": "..."}``."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from ..apis.inference.pixels import NotFiniteError
from .limits import RefusedError, refusal

__all__ = ['install_error_form', 'refusals']


def install_error_form(app: FastAPI) -> None:
    """Let an application answer all errors in one form.

    Args:
        app: The application; what is mounted in it keeps its own.
    """

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
        lines = [
            f'{found["loc"][-1]}: {found["msg"]}, got {found.get("input")!r}'
            for found in error.errors()
        ]
        return refusal(RefusedError('; '.join(lines)))

    @app.exception_handler(Exception)
    async def failed(request: Request, error: Exception) -> Response:
        status = HTTPStatus.INTERNAL_SERVER_ERROR
        message = 'the server has failed; its log says why'
        return JSONResponse(dict(error=message), status)


@contextmanager
def refusals(name: str) -> Iterator[None]:
    """Turn what goes wrong with a photograph into what its sender is told.

    Args:
        name: Of the photograph.
    """
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
        raise RefusedError(str(error)) from error
