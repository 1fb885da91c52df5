"""The web page."""

import os
import shutil
import uuid
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import gradio as gr
from PIL import Image

from ..photos import PHOTO_SUFFIXES
from ..photos.photo import to_8_bits
from ..priors.overlay import overlay
from .limits import RefusedError
from .service import DeblurService, Served

__all__ = ['build_page']

PREVIEW = 3000  # longer side
KEPT = 3600  # seconds that files are kept at most
TITLE = 'mmasgan: deblur photographs'


@dataclass(frozen=True)
class _Result:
    """Files of a photograph that was deblurred."""

    name: str
    file: str
    before: str
    after: str
    semantic: str | None


def build_page(service: DeblurService, folder: Path) -> gr.Blocks:
    """Return the page.

    Args:
        service: What deblurs.
        folder: For temporary files, all of them.
    """
    page = _Page(service, folder)
    limits = service.limits
    with gr.Blocks(
        title=TITLE, analytics_enabled=False, delete_cache=(60, KEPT)
    ) as blocks:
        gr.Markdown(
            f'# Deblur photographs\nUp to {limits.files} at a time, of '
            f'{limits.megabytes:g} MB and {limits.megapixels:g} megapixels '
            'each. They stay on this server for an hour at most.'
        )
        results = gr.State([], time_to_live=KEPT, delete_callback=_remove)
        with gr.Row():
            with gr.Column(scale=1, min_width=280):
                files = gr.File(
                    label='Photographs',
                    file_count='multiple',
                    file_types=list(PHOTO_SUFFIXES),
                    elem_id='photographs',
                )
                weights = gr.Dropdown(
                    list(service.names),
                    value=service.default,
                    label='Weights',
                )
                strength = gr.Slider(
                    0,
                    1,
                    value=1,
                    step=0.05,
                    label='Strength',
                    info='0 leaves a photograph as it is',
                )
                run = gr.Button('Deblur', variant='primary', elem_id='run')
                status = gr.Markdown(elem_id='status')
                downloads = gr.File(
                    label='Results',
                    file_count='multiple',
                    interactive=False,
                    visible=False,
                    elem_id='results',
                )
            with gr.Column(scale=3, min_width=320):
                shown = gr.Dropdown(
                    label='Photograph', visible=False, elem_id='shown'
                )
                slider = gr.ImageSlider(
                    label='Before | after (zoom: wheel)',
                    type='filepath',
                    interactive=False,
                    max_height=720,
                    elem_id='slider',
                )
                semantic = gr.Image(
                    label='Semantic map',
                    type='filepath',
                    interactive=False,
                    visible=False,
                )
        view = [slider, semantic]
        run.click(
            page.deblur,
            [files, weights, strength, results],
            [results, status, downloads, shown, *view],
            api_visibility='private',
            concurrency_id='deblur',
        )
        shown.input(
            page.show, [shown, results], view, api_visibility='private'
        )
    blocks.queue(
        api_open=False,
        max_size=limits.queue,
        default_concurrency_limit=limits.concurrency,
    )
    return blocks


class _Page:
    def __init__(self, service: DeblurService, folder: Path) -> None:
        self.service = service
        self.folder = folder.resolve()

    def deblur(
        self,
        files: Sequence[str] | None,
        weights: str,
        strength: float,
        before: list[_Result],
        progress: gr.Progress = gr.Progress(),  # noqa: B008  Gradio's way
    ) -> tuple:
        """Deblur a batch, and say what became of it."""
        if not files:
            raise _told('Add a photograph first.')
        if len(files) > self.service.limits.files:
            raise _told(
                f'{len(files)} photographs are more than '
                f'{self.service.limits.files} at a time.'
            )
        _remove(before)
        results, failures = [], []
        for path in progress.tqdm(files, desc='Deblurring', unit='photos'):
            try:
                content = self._uploaded(path)
                served = self.service.deblur(
                    content, Path(path).name, weights, strength
                )
                results.append(self._keep(served))
            except RefusedError as error:
                failures.append(str(error))
        if not results:
            raise _told('\n'.join(failures))
        names = [(entry.name, index) for index, entry in enumerate(results)]
        return (
            results,
            self._status(results, failures, weights),
            gr.File(value=self._downloads(results), visible=True),
            gr.Dropdown(names, value=0, visible=len(names) > 1),
            *self.show(0, results),
        )

    def show(self, index: int, results: list[_Result]) -> tuple:
        """Show one photograph of a batch."""
        if not isinstance(index, int) or not 0 <= index < len(results):
            raise _told('These photographs are gone: deblur them again.')
        entry = results[index]
        return (
            (entry.before, entry.after),
            gr.Image(value=entry.semantic, visible=entry.semantic is not None),
        )

    def _uploaded(self, path: str) -> bytes:
        """Read what was uploaded, and nothing else."""
        resolved = Path(path).resolve()
        if self.folder not in resolved.parents:
            raise RefusedError('only photographs that were sent are opened')
        return resolved.read_bytes()

    def _keep(self, served: Served) -> _Result:
        folder = self.folder / 'results' / uuid.uuid4().hex
        folder.mkdir(parents=True)
        (folder / served.name).write_bytes(served.content)
        pictures = {'before': served.before, 'after': served.after}
        if served.semantic is not None:
            assert self.service.prior is not None
            pictures['semantic'] = overlay(
                to_8_bits(served.before),
                served.semantic,
                self.service.prior.groups,
            )
        paths = {}
        for name, pixels in pictures.items():
            paths[name] = str(folder / f'preview-{name}.png')
            picture = Image.fromarray(to_8_bits(pixels))
            picture.thumbnail((PREVIEW, PREVIEW))
            picture.save(paths[name], compress_level=1)
        return _Result(
            served.name,
            str(folder / served.name),
            paths['before'],
            paths['after'],
            paths.get('semantic'),
        )

    def _status(
        self, results: list[_Result], failures: list[str], weights: str
    ) -> str:
        lines = [f'{len(results)} deblurred.']
        if failures:
            lines.append(f'{len(failures)} not deblurred:')
            lines += [f'- {failure}' for failure in failures]
        if not self.service.takes_maps(weights):
            lines.append('\nThese weights take no semantic map.')
        elif self.service.prior is None:
            lines.append(
                '\nThese weights take semantic maps; this server has no '
                'source of them, so they saw the uniform one.'
            )
        return '\n'.join(lines)

    @staticmethod
    def _downloads(results: list[_Result]) -> list[str]:
        """Return the files, and where there are several, all in one."""
        files = [entry.file for entry in results]
        if not files[1:]:
            return files
        path = Path(files[0]).with_name('deblurred.zip')
        with zipfile.ZipFile(path, 'w') as archive:
            for index, entry in enumerate(results):
                name = entry.name
                if name in archive.namelist():
                    stem, suffix = os.path.splitext(name)
                    name = f'{stem}-{index}{suffix}'
                archive.write(entry.file, name)
        return [str(path), *files]


def _told(message: str) -> gr.Error:
    """Return an error of the visitor's, which is no matter for the log."""
    return gr.Error(message, duration=None, print_exception=False)


def _remove(results: list[_Result]) -> None:
    for entry in results:
        shutil.rmtree(Path(entry.file).parent, ignore_errors=True)
