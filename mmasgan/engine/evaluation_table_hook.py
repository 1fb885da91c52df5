"""Table of the scores of an evaluation."""

import io
import logging
import math
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

from mmengine.dist import all_gather_object
from mmengine.evaluator import Evaluator
from mmengine.hooks import Hook
from mmengine.runner import Runner
from rich.console import Console
from rich.table import Table

from ..registry import HOOKS

__all__ = ['EvaluationTableHook', 'image_scores']

INPUT = 'input'
SHOWN = 5  # names in a warning
LESS_IS_BETTER = {'LPIPS', 'MAE', 'MSE', 'NIQE'}


@HOOKS.register_module()
class EvaluationTableHook(Hook):
    """Log a table with the scores of the blurred input, the model, the gain.

    The first row contains the scores of the blurred input, computed by
    metrics with ``prefix='input'`` and ``pred_key='input_img'``. Metrics with
    another prefix have their own row. If the model is below the input, a
    message says so: a warning in a test; for validations, see
    :class:`~mmasgan.engine.ProgressHook`. A gain is positive if the model is
    better, also for metrics where lower is better.

    Metrics, logs and message hub contain the gains as ``gain/PSNR`` etc., so
    that ``default_hooks.checkpoint.save_best='gain/PSNR'`` keeps the best
    checkpoint.

    The PSNR of identical images is infinite. Such images are listed in a
    warning, and excluded from the means.

    Config: ``dict(type='mmasgan.EvaluationTableHook')``

    Attributes:
        images: Name and scores of each image of the last evaluation.
        metrics: Metrics of the last evaluation.
    """

    def __init__(self) -> None:
        self.images: list[tuple[str, dict[str, float]]] = []
        self.metrics: dict[str, float] = {}

    def _before_epoch(self, runner: Runner, mode: str = 'train') -> None:
        if mode != 'train':
            self.images = []

    def _after_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: Any = None,
        outputs: Any = None,
        mode: str = 'train',
    ) -> None:
        if mode != 'train':
            loop = runner.val_loop if mode == 'val' else runner.test_loop
            self.images += image_scores(loop.evaluator, outputs or [])

    def after_val_epoch(
        self, runner: Runner, metrics: dict[str, float] | None = None
    ) -> None:
        """Log the table of a validation."""
        title = f'validation, iteration {runner.iter}'
        self._report(runner, metrics, 'val', title)

    def after_test_epoch(
        self, runner: Runner, metrics: dict[str, float] | None = None
    ) -> None:
        """Log the table of a test."""
        title = f'test of {runner.cfg.get("load_from")}'
        self._report(runner, metrics, 'test', title)

    def _report(
        self,
        runner: Runner,
        metrics: dict[str, float] | None,
        stage: str,
        title: str,
    ) -> None:
        if metrics is None:
            return
        self.metrics = metrics  # later hooks may add to it
        self._exclude_infinite(runner, metrics)
        model = {k: float(v) for k, v in metrics.items() if '/' not in k}
        identity = {
            k: float(metrics[f'{INPUT}/{k}'])
            for k in model
            if f'{INPUT}/{k}' in metrics
        }
        if not identity:
            return
        others = {
            prefix: {
                k: float(metrics[f'{prefix}/{k}'])
                for k in identity
                if f'{prefix}/{k}' in metrics
            }
            for prefix in sorted({k.partition('/')[0] for k in metrics})
            if prefix != INPUT
            and any(f'{prefix}/{k}' in metrics for k in model)
        }
        table = format_table(title, identity, model, others)
        runner.logger.info(f'\n{table}')
        gains = {k: gain(k, identity[k], model[k]) for k in identity}
        for name, value in gains.items():
            metrics[f'gain/{name}'] = value
            runner.message_hub.update_scalar(f'{stage}/gain/{name}', value)
        if below := [name for name, value in gains.items() if value < 0]:
            runner.logger.log(
                logging.WARNING if stage == 'test' else logging.INFO,
                f'The model is below the blurred input in {", ".join(below)}: '
                'it has not deblurred.',
            )
        pictures = Path(runner.log_dir, 'vis_data', 'vis_image')
        if pictures.is_dir():
            runner.logger.info(
                f'Pictures (input | output | ground truth): {pictures}'
            )

    def _exclude_infinite(
        self, runner: Runner, metrics: dict[str, float]
    ) -> None:
        parts = all_gather_object(self.images)
        images = dict(one for part in parts for one in part)
        good = [scores for scores in images.values() if is_finite(scores)]
        if len(good) == len(images):
            return
        names = [name for name in images if not is_finite(images[name])]
        for key in metrics.keys() & images[names[0]].keys():
            if good:
                metrics[key] = fmean(scores[key] for scores in good)
        more = f' and {len(names) - SHOWN} more' if len(names) > SHOWN else ''
        runner.logger.warning(
            f'Excluded from all means: {", ".join(names[:SHOWN])}{more}. The '
            'input or output is identical to the ground truth, so its PSNR '
            'is infinite. Remove pairs whose blurred and sharp images are '
            'the same'
        )


def image_scores(
    evaluator: Evaluator, samples: Sequence[Any]
) -> list[tuple[str, dict[str, float]]]:
    """Return the scores of the images of the last batch.

    Returns:
        Name of each sample, and its scores by name of the metric.
    """
    found = []
    for place, sample in enumerate(samples, start=-len(samples)):
        scores = {}
        for metric in evaluator.metrics:
            prefix = f'{metric.prefix}/' if metric.prefix else ''
            if len(metric.results) < len(samples):
                continue
            if isinstance(entry := metric.results[place], dict):
                for key, value in entry.items():
                    scores[prefix + key] = float(value)
        found.append((sample.name, scores))
    return found


def is_finite(scores: dict[str, float]) -> bool:
    """Return whether all scores of an image are finite."""
    return all(map(math.isfinite, scores.values()))


def gain(name: str, before: float, after: float) -> float:
    """Return the improvement of a score, negative if it got worse."""
    if before == after:  # may be infinite
        return 0.0
    return before - after if name in LESS_IS_BETTER else after - before


def format_table(
    title: str,
    identity: dict[str, float],
    model: dict[str, float],
    others: dict[str, dict[str, float]] | None = None,
) -> str:
    """Format the scores of the input, the model, and the gain."""
    table = Table()
    table.add_column('')
    for name in identity:
        table.add_column(name, justify='right')
    rows = {INPUT: identity, **(others or {}), 'model': model}
    for label, scores in rows.items():
        cells = (scores.get(name) for name in identity)
        shown = ('' if cell is None else f'{cell:.4f}' for cell in cells)
        table.add_row(label, *shown)
    table.add_row(
        'gain',
        *(f'{gain(k, v, model[k]):+.4f}' for k, v in identity.items()),
    )
    text = io.StringIO()
    Console(file=text, width=79).print(table)
    return f'{title}\n{text.getvalue().rstrip()}'
