"""Uploads of the page, instead of Gradio's own route.

Gradio keeps form fields in memory, has no total limit, and does not remove
incomplete uploads.
"""

import shutil
from pathlib import Path
from uuid import uuid4

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException

from .errors import refusal
from .folder import folder_size, plain_name
from .limits import Limits, RefusedError, Room

__all__ = ['uploads']


def uploads(limits: Limits, folder: Path) -> APIRouter:
    """Return the routes ``upload`` and ``upload_progress`` of the page."""
    routes = APIRouter()
    room = Room(limits.total_bytes, 'the disk space')

    @routes.post('/gradio_api/upload', include_in_schema=False)
    async def upload(request: Request) -> Response:
        try:
            size = request.headers.get('content-length', '')
            if not size.isdecimal():
                raise RefusedError('the header Content-Length is missing', 411)
            used = await run_in_threadpool(folder_size, folder)
            # An upload is first in a temporary file; both copies count.
            with room.take(2 * int(size), used):
                async with request.form(
                    max_files=limits.files, max_fields=0
                ) as form:
                    files = _files(form, limits)
                    kept = await run_in_threadpool(_keep, files, folder)
            return JSONResponse(kept)
        except RefusedError as error:
            return refusal(error)
        except HTTPException as error:  # a damaged form
            return refusal(RefusedError(str(error.detail), error.status_code))

    @routes.get('/gradio_api/upload_progress', include_in_schema=False)
    async def progress() -> Response:
        return Response(
            'data: {"msg": "done"}\n\n', media_type='text/event-stream'
        )

    return routes


def _files(form: FormData, limits: Limits) -> list[UploadFile]:
    files = []
    for field, file in form.multi_items():
        if field != 'files' or not isinstance(file, UploadFile):
            raise RefusedError('send photographs as files named "files"')
        if (file.size or 0) > limits.bytes:
            raise RefusedError(
                f"'{plain_name(file.filename or '')}' has more than "
                f'{limits.megabytes:g} MB',
                413,
            )
        files.append(file)
    if not files:
        raise RefusedError('the form has no photographs')
    return files


def _keep(files: list[UploadFile], folder: Path) -> list[str]:
    """Write all files, or none."""
    home = folder / 'uploads' / uuid4().hex
    kept = []
    try:
        for number, file in enumerate(files):
            path = (
                home / str(number) / (plain_name(file.filename or '') or 'a')
            )
            path.parent.mkdir(parents=True)
            with path.open('xb') as target:
                shutil.copyfileobj(file.file, target)
            kept.append(str(path))
    except OSError as error:
        shutil.rmtree(home, ignore_errors=True)
        raise RefusedError('the disk of this server is full', 503) from error
    return kept
