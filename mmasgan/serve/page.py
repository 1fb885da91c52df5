"""The web page."""

import os
import shutil
import uuid
import zipfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import gradio as gr
from PIL import Image

from ..io.image.kinds import IMAGE_SUFFIXES
from ..io.image.photo import to_8_bits
from .comparison import CSS, JS, Result, comparison
from .folder import KEPT, folder_size
from .gate import Listeners
from .jobs import StoppedError
from .limits import RefusedError
from .service import DeblurService, Served

__all__ = ['build_page']

PREVIEW = 6000  # longer side; up to there, 100 % is that of the photograph
DISABLE, ENABLE = (
    f'() => ({{"interactive": {on}, "__type__": "update"}})'
    for on in ('false', 'true')
)
INTO_VIEW = """() => {
  const result = document.querySelector('#result');
  const images = [...result.querySelectorAll('img')];
  Promise.allSettled(images.map(image => image.decode()))
    .then(() => result.scrollIntoView());
}"""
# Gradio shows the key of a text that it lacks.
LABELS = """() => {
  const name = () => document
    .querySelectorAll('[aria-label="common.upload"]')
    .forEach(button => {
      button.ariaLabel = button.title = 'Add photographs';
    });
  new MutationObserver(name)
    .observe(document.body, {childList: true, subtree: true});
}"""
TITLE = 'mmasgan: deblur photographs'
# Of the models of the library, and what each is good for.
TITLES = {
    'ascyclegan_plus_small_gopro': 'Earlier model',
    'ascyclegan_plus_unet_small_gopro': 'Most photographs',
}


def build_page(
    service: DeblurService, folder: Path, listeners: Listeners | None = None
) -> gr.Blocks:
    """Return the page.

    Args:
        service: What deblurs.
        folder: For temporary files, all of them.
        listeners: Sessions that wait for results; None if that is not known.
    """
    page = _Page(service, folder, listeners)
    limits = service.limits
    with gr.Blocks(title=TITLE, analytics_enabled=False) as blocks:
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
                    file_types=list(IMAGE_SUFFIXES),
                    elem_id='photographs',
                )
                weights = gr.Dropdown(
                    [(title_of(name), name) for name in service.names],
                    value=service.default,
                    label='Model',
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
                result = gr.HTML(
                    css_template=CSS, js_on_load=JS, elem_id='result'
                )
                semantic = gr.Image(
                    label='What the model took each part for',
                    type='filepath',
                    interactive=False,
                    visible=False,
                    buttons=[],
                )
        view = [result, semantic]
        blocks.load(None, js=LABELS, api_visibility='private')
        run.click(None, None, run, js=DISABLE, api_visibility='private')
        done = run.click(
            page.deblur,
            [files, weights, strength, results],
            [results, status, downloads, shown, *view],
            api_visibility='private',
            concurrency_id='deblur',
        )
        done.then(None, None, run, js=ENABLE, api_visibility='private')
        done.success(None, js=INTO_VIEW, api_visibility='private')
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
    def __init__(
        self,
        service: DeblurService,
        folder: Path,
        listeners: Listeners | None = None,
    ) -> None:
        self.service = service
        self.folder = folder.resolve()
        self.listeners = listeners

    def deblur(
        self,
        files: Sequence[str] | None,
        weights: str,
        strength: float,
        before: list[Result],
        progress: gr.Progress = gr.Progress(),  # noqa: B008  Gradio's way
        request: gr.Request = None,  # type: ignore[assignment]  # likewise
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
        with self.service.batches.one(None):  # a server that stops waits
            results, failures = self._results(
                progress.tqdm(files, desc='Deblurring', unit='photos'),
                weights,
                strength,
                self._gone(request),
            )
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

    def _results(
        self,
        files: Iterable[str],
        weights: str,
        strength: float,
        gone: Callable[[], bool],
    ) -> tuple[list[Result], list[str]]:
        """Deblur one after the other, past those that fail."""
        results: list[Result] = []
        failures: list[str] = []
        for path in files:
            try:
                if folder_size(self.folder) > self.service.limits.total_bytes:
                    raise RefusedError('the folder of this server is full')
                served = self.service.deblur(
                    self._uploaded(path),
                    Path(path).name,
                    weights,
                    strength,
                    gone,
                )
                results.append(self._keep(served))
            except StoppedError as error:
                failures.append(str(error))
                if gone():
                    break
            except RefusedError as error:
                failures.append(str(error))
        return results, failures

    def show(self, index: int, results: list[Result]) -> tuple:
        """Show one photograph of a batch."""
        if not isinstance(index, int) or not 0 <= index < len(results):
            raise _told('These photographs are gone: deblur them again.')
        entry = results[index]
        return (
            comparison(entry),
            gr.Image(value=entry.semantic, visible=entry.semantic is not None),
        )

    def _gone(self, request: gr.Request | None) -> Callable[[], bool]:
        if self.listeners is None or request is None:
            return lambda: False
        return self.listeners.gone(request.session_hash)

    def _uploaded(self, path: str) -> bytes:
        """Read what was uploaded, and nothing else."""
        resolved = Path(path).resolve()
        if self.folder not in resolved.parents:
            raise RefusedError('only photographs that were sent are opened')
        return resolved.read_bytes()

    def _keep(self, served: Served) -> Result:
        folder = self.folder / 'results' / uuid.uuid4().hex
        # Apart from the previews, whatever the name is.
        file = folder / 'file' / served.name
        file.parent.mkdir(parents=True)
        file.write_bytes(served.content)
        pictures = {'before': served.before, 'after': served.after}
        if served.semantic is not None:
            from ..semantic.overlay import overlay  # it needs PyTorch

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
        return Result(
            served.name,
            str(file),
            paths['before'],
            paths['after'],
            paths.get('semantic'),
            served.notes,
        )

    def _status(
        self, results: list[Result], failures: list[str], weights: str
    ) -> str:
        lines = [f'{len(results)} deblurred.']
        if failures:
            lines.append(f'{len(failures)} not deblurred:')
            lines += [f'- {failure}' for failure in failures]
        lines += [
            f"- '{entry.name}': {note}"
            for entry in results
            for note in entry.notes
        ]
        if self.service.prior is None and self.service.takes_maps(weights):
            lines.append(
                '\nThis model works best where it is told what each part of '
                'a photograph shows; this server has nothing that tells it.'
            )
        return '\n'.join(lines)

    @staticmethod
    def _downloads(results: list[Result]) -> list[str]:
        """Return the files, and where there are several, all in one."""
        files = [entry.file for entry in results]
        if not files[1:]:
            return files
        path = _folder(results[0]) / 'deblurred.zip'
        with zipfile.ZipFile(path, 'w') as archive:
            for index, entry in enumerate(results):
                name = entry.name
                if name in archive.namelist():
                    stem, suffix = os.path.splitext(name)
                    name = f'{stem}-{index}{suffix}'
                archive.write(entry.file, name)
        return [str(path), *files]


def title_of(name: str) -> str:
    """Return what visitors read for a model.

    Args:
        name: Its name.
    """
    return TITLES.get(name) or Path(name).stem.replace('_', ' ')


def _told(message: str) -> gr.Error:
    """Return an error of the visitor's, which is no matter for the log."""
    return gr.Error(message, duration=None, print_exception=False)


def _folder(entry: Result) -> Path:
    return Path(entry.file).parents[1]


def _remove(results: list[Result]) -> None:
    for entry in results:
        shutil.rmtree(_folder(entry), ignore_errors=True)
