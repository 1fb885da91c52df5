"""Web page."""

from collections.abc import Callable, Sequence
from pathlib import Path

import gradio as gr

from ..io.image.kinds import IMAGE_SUFFIXES
from .comparison import CSS, JS, comparison
from .folder import KEPT, folder_size
from .jobs import Job, StoppedError
from .limits import RefusedError
from .listeners import Listeners
from .page_results import Result, downloads, keep, remove
from .service import DeblurService, Served

__all__ = ['build_page']

BUSY, READY = (  # states of the buttons
    f"""() => [
  {{interactive: {ready}, __type__: "update"}},
  {{visible: {busy}, __type__: "update"}},
]"""
    for ready, busy in (('false', 'true'), ('true', 'false'))
)
INTO_VIEW = """() => {
  const result = document.querySelector('#result');
  const images = [...result.querySelectorAll('img')];
  Promise.allSettled(images.map(image => image.decode()))
    .then(() => result.scrollIntoView());
}"""
# Gradio shows keys of missing translations.
LABELS = """() => {
  const name = () => {
    document
      .querySelectorAll('[aria-label="common.upload"]')
      .forEach(button => {
        button.ariaLabel = button.title = 'Add photographs';
      });
    document.querySelectorAll('[aria-live]').forEach(({firstChild}) => {
      if (firstChild?.data?.startsWith('common.'))
        firstChild.data = firstChild.data.slice(7);
    });
  };
  new MutationObserver(name).observe(
    document.body,
    {childList: true, subtree: true, characterData: true},
  );
}"""
TITLE = 'mmasgan: deblur photographs'
# Titles of the models of the library.
TITLES = {
    'ascyclegan_plus_small_gopro': 'Earlier model',
    'ascyclegan_plus_unet_small_gopro': 'Most photographs',
}


def build_page(
    service: DeblurService, folder: Path, listeners: Listeners
) -> gr.Blocks:
    """Return the page."""
    page = _Page(service, folder, listeners)
    limits = service.limits
    with gr.Blocks(title=TITLE, analytics_enabled=False) as blocks:
        gr.Markdown(
            f'# Deblur photographs\nUp to {limits.files} at a time, of '
            f'{limits.megabytes:g} MB and {limits.megapixels:g} megapixels '
            'each. Files are deleted from this server after an hour.'
        )
        results = gr.State([], time_to_live=KEPT, delete_callback=remove)
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
                stop = gr.Button('Stop', visible=False, elem_id='stop')
                status = gr.Markdown(elem_id='status')
                files_out = gr.File(
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
                    label='Parts of the photograph, as the model sees them',
                    type='filepath',
                    interactive=False,
                    visible=False,
                    buttons=[],
                )
        view = [result, semantic]
        blocks.load(None, js=LABELS, api_visibility='private')
        run.click(None, None, [run, stop], js=BUSY, api_visibility='private')
        done = run.click(
            page.deblur,
            [files, weights, strength, results],
            [results, status, files_out, shown, *view],
            api_visibility='private',
            concurrency_id='deblur',
        )
        # After an error, Gradio 6 only runs `failure`.
        for after in (done.then, getattr(done, 'failure', done.then)):
            after(None, None, [run, stop], js=READY, api_visibility='private')
        stop.click(page.stop, api_visibility='private', concurrency_limit=None)
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
        self, service: DeblurService, folder: Path, listeners: Listeners
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
        """Deblur a batch, and report the photographs that failed."""
        if not files:
            raise _told('Add a photograph first.')
        if len(files) > self.service.limits.files:
            raise _told(
                f'{len(files)} photographs are more than '
                f'{self.service.limits.files} at a time.'
            )
        remove(before)
        results: list[Result] = []
        failures: list[str] = []
        session = request.session_hash if request else None
        gone = self.listeners.gone(session)
        # At shutdown, the server waits for the batch.
        with self.service.batches.one(None):
            for number, path in enumerate(files):
                tell = _teller(progress, number, files)
                try:
                    content = self._uploaded(path)
                    name = Path(path).name
                    served = self.service.deblur(
                        content, name, weights, strength, gone, tell
                    )
                    results.append(self._keep(served))
                except RefusedError as error:
                    is_stop = isinstance(error, StoppedError)
                    is_left = is_stop and gone()
                    failures.append('Stopped.' if is_left else str(error))
                    if is_left or (is_stop and error.status == 503):
                        break  # stopped by the visitor or the server
        if not results:
            raise _told('\n'.join(failures))
        names = [(entry.name, index) for index, entry in enumerate(results)]
        return (
            results,
            self._status(results, failures, weights),
            gr.File(value=downloads(results), visible=True),
            gr.Dropdown(names, value=0, visible=len(names) > 1),
            *self.show(0, results),
        )

    def stop(self, request: gr.Request) -> None:
        """Stop the batch of a visitor, and keep completed results."""
        self.listeners.leave(request.session_hash)

    def show(self, index: int, results: list[Result]) -> tuple:
        """Show one photograph of a batch."""
        if not isinstance(index, int) or not 0 <= index < len(results):
            raise _told('These results have expired: deblur them again.')
        entry = results[index]
        return (
            comparison(entry),
            gr.Image(value=entry.semantic, visible=entry.semantic is not None),
        )

    def _uploaded(self, path: str) -> bytes:
        """Read an uploaded file."""
        resolved = Path(path).resolve()
        if self.folder not in resolved.parents:
            raise RefusedError('only uploaded photographs are opened')
        if folder_size(self.folder) > self.service.limits.total_bytes:
            raise RefusedError('the disk space of this server is full')
        return resolved.read_bytes()

    def _keep(self, served: Served) -> Result:
        prior = self.service.prior
        groups = () if prior is None else prior.groups
        return keep(served, self.folder / 'results', groups)

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
                '\nThis model works best with a map of what each part of a '
                'photograph shows; this server has no source of such maps.'
            )
        return '\n'.join(lines)


def _teller(
    progress: gr.Progress, number: int, files: Sequence[str]
) -> Callable[[Job], None]:
    """Return a function that shows progress and remaining time."""
    text = f"'{Path(files[number]).name}'"
    if files[1:]:
        text += f', {number + 1} of {len(files)}'

    def tell(job: Job) -> None:
        left = '' if job.left is None else f', about {job.left:.0f} s left'
        progress((number + job.share) / len(files), text + left)

    return tell


def title_of(name: str) -> str:
    """Return the title of a model on the page."""
    return TITLES.get(name) or Path(name).stem.replace('_', ' ')


def _told(message: str) -> gr.Error:
    """Return an error that is shown to the visitor, not logged."""
    return gr.Error(message, duration=None, print_exception=False)
