"""Progress of a training: table, figure and warnings."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mmengine.dist import all_gather_object, is_main_process
from mmengine.hooks import Hook
from mmengine.runner import Runner

from ..registry import HOOKS
from ..utils.atomic_files import write_atomically
from .evaluation_table_hook import INPUT, gain, image_scores, is_finite
from .progress_figure import Validation, draw_progress

__all__ = ['ProgressHook']

GAINS = 'gains.csv'
PICTURE = 'progress.png'
UNCHANGED = 0.005  # dB; images with smaller gains count as unchanged
KEY = 'progress_log_dir'  # in the message hub, saved in checkpoints


@HOOKS.register_module()
class ProgressHook(Hook):
    """Write ``progress.png`` and ``gains.csv`` after each validation.

    Both are in ``runner.log_dir``, and include the training before a resume.
    The figure shows the PSNR of model and blurred input, the gain of each
    image, the discriminator accuracy and the losses. The table has a row for
    each validation and image: ``iteration``, ``image``, and the gain and the
    score of the input for each metric that also scores the input (see
    :class:`~mmasgan.engine.EvaluationTableHook`).

    After the warm-up, a warning is logged if the model scores below the
    blurred input or returns its input.
    The hook does nothing outside of a training, or without PSNRs of model and
    input.

    Config: ``dict(type='mmasgan.ProgressHook')``

    Args:
        warmup: Number of first iterations without warnings. None means a
            tenth of the training.
    """

    def __init__(self, warmup: int | None = None) -> None:
        self.warmup = warmup
        self.validations: list[Validation] | None = None
        self.images: dict[str, dict[str, float]] = {}

    def before_train(self, runner: Runner) -> None:
        """Load the table of a resumed training, up to its iteration."""
        self.validations = []
        folder = runner.message_hub.get_info(KEY)
        runner.message_hub.update_info(KEY, Path(runner.log_dir).name)
        if folder is None or not is_main_process():
            return
        path = Path(runner.work_dir, folder, GAINS)
        if not path.is_file():
            return
        self.validations = [
            validation
            for validation in _parse(path.read_text('utf-8'))
            if validation.iteration <= runner.iter
        ]
        # A later resume reads this folder, even if this training stops early.
        self._write(runner, GAINS, _format(self.validations))

    def before_val_epoch(self, runner: Runner) -> None:
        """Reset the scores."""
        self.images = {}

    def after_val_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: Any = None,
        outputs: Sequence[Any] | None = None,
    ) -> None:
        """Collect the gains of the images of a batch."""
        evaluator = runner.val_loop.evaluator
        for name, scores in image_scores(evaluator, outputs or []):
            before = {
                key: scores[f'{INPUT}/{key}']
                for key in scores
                if f'{INPUT}/{key}' in scores
            }
            self.images[name] = {
                f'gain/{k}': gain(k, before[k], scores[k]) for k in before
            } | {f'{INPUT}/{k}': before[k] for k in before}

    def after_val_epoch(
        self, runner: Runner, metrics: dict[str, float] | None = None
    ) -> None:
        """Write table and figure, and warn if needed."""
        images: dict[str, dict[str, float]] = {}
        for part in all_gather_object(self.images):
            # EvaluationTableHook warns about pairs of identical images.
            images |= {n: s for n, s in part.items() if is_finite(s)}
        if self.validations is None or not is_main_process():
            return
        if not images or any('gain/PSNR' not in s for s in images.values()):
            return
        validation = Validation(runner.iter, dict(sorted(images.items())))
        self.validations.append(validation)
        self._write(runner, GAINS, _format(self.validations))
        picture = draw_progress(self.validations, _curves(runner))
        self._write(runner, PICTURE, picture)
        runner.logger.info(f'Progress: {Path(runner.log_dir, PICTURE)}')
        self._warn(runner, validation)

    def _write(self, runner: Runner, name: str, content: bytes) -> None:
        try:
            write_atomically(Path(runner.log_dir, name), content)
        except OSError as error:  # must not stop a training
            runner.logger.warning(str(error))

    def _warn(self, runner: Runner, validation: Validation) -> None:
        warmup = self.warmup
        if warmup is None:
            warmup = runner.max_iters // 10
        if validation.iteration < warmup:
            return
        gains = [s['gain/PSNR'] for s in validation.images.values()]
        if all(abs(value) < UNCHANGED for value in gains):
            runner.logger.warning(
                f'Iteration {validation.iteration}: the model returns its '
                f'input: no gain reaches {UNCHANGED} dB. If this does not '
                'change soon, start from published weights (--load-from), or '
                'with another loss; see docs/results.md.'
            )
        if validation.mean('gain/PSNR') >= 0:
            return
        before, gained = map(validation.mean, ('input/PSNR', 'gain/PSNR'))
        runner.logger.warning(
            f'Iteration {validation.iteration}: the model is worse than its '
            f'input. Its PSNR is {before + gained:.2f} dB, {-gained:.2f} dB '
            f'below that of the blurred input, {before:.2f} dB; '
            f'{validation.count_below()} of {len(validation.images)} images '
            f'are below their input, see {GAINS}. Train longer, or use a '
            'reblur generator that is conditioned on motion, as in '
            'ascyclegan_plus_gopro.py; see docs/results.md.'
        )


def _curves(runner: Runner) -> dict[str, Sequence[float]]:
    scalars = runner.message_hub.log_scalars
    names = {name: name.removeprefix('train/') for name in scalars}
    return {
        short: scalars[name].data[0]
        for name, short in names.items()
        if name != short
        and short.startswith(('loss', 'discriminator_accuracy'))
    }


def _format(validations: Sequence[Validation]) -> bytes:
    columns = ['iteration', 'image']
    for validation in validations:
        for scores in validation.images.values():
            columns += [key for key in scores if key not in columns]
    text = io.StringIO()
    table = csv.DictWriter(text, columns, lineterminator='\n')
    table.writeheader()
    for validation in validations:
        for name, scores in validation.images.items():
            row = {key: f'{value:.4f}' for key, value in scores.items()}
            place = {'iteration': validation.iteration, 'image': name}
            table.writerow(place | row)
    return text.getvalue().encode()


def _parse(text: str) -> list[Validation]:
    found: dict[int, Validation] = {}
    for row in csv.DictReader(io.StringIO(text)):
        step, name = int(row.pop('iteration')), row.pop('image')
        validation = found.setdefault(step, Validation(step, {}))
        validation.images[name] = {k: float(v) for k, v in row.items() if v}
    return list(found.values())
