"""Print what an evaluation found, the input itself first."""

import io
import logging
from pathlib import Path

from mmengine.hooks import Hook
from mmengine.runner import Runner
from rich.console import Console
from rich.table import Table

from ..registry import HOOKS

__all__ = ['EvaluationTableHook']

INPUT = 'input'
LESS_IS_BETTER = {'LPIPS', 'MAE', 'MSE', 'NIQE'}


@HOOKS.register_module()
class EvaluationTableHook(Hook):
    """Log a table: do nothing, the model, the difference.

    The first row comes from metrics that compare the blurred input with the
    truth, by the same code in the same run: those with ``prefix='input'``
    and ``pred_key='input_img'``. A line says when the model is below it; of a
    test it is a warning, of a validation see
    :class:`~mmasgan.engine.ProgressHook`. A gain is positive where the model
    is better, be it by less of a distance.

    Adds the gains to the metrics, the logs and the message hub, as
    ``gain/PSNR``, so that ``default_hooks.checkpoint.save_best='gain/PSNR'``
    keeps the best checkpoint.

    Config: ``dict(type='mmasgan.EvaluationTableHook')``
    """

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
        model = {k: float(v) for k, v in metrics.items() if '/' not in k}
        identity = {
            k: float(metrics[f'{INPUT}/{k}'])
            for k in model
            if f'{INPUT}/{k}' in metrics
        }
        if not identity:
            return
        runner.logger.info('\n' + format_table(title, identity, model))
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
                f'Pictures (input | output | truth): {pictures}'
            )


def gain(name: str, before: float, after: float) -> float:
    """Return by how much a score got better, negative where it got worse.

    Args:
        name: Of the metric.
        before: Its score of the input.
        after: Its score of the model.
    """
    if before == after:  # be it the infinite PSNR of a perfect image
        return 0.0
    return before - after if name in LESS_IS_BETTER else after - before


def format_table(
    title: str, identity: dict[str, float], model: dict[str, float]
) -> str:
    """Format the scores of the input, the model, and the gain.

    Args:
        title: Stands above the table.
        identity: Scores of the blurred input, by metric.
        model: Scores of the model, of at least the same metrics.

    Returns:
        Lines of text.
    """
    table = Table()
    table.add_column('')
    rows: dict[str, list[str]] = {'input': [], 'model': [], 'gain': []}
    for name, before in identity.items():
        table.add_column(name, justify='right')
        rows['input'].append(f'{before:.4f}')
        rows['model'].append(f'{model[name]:.4f}')
        rows['gain'].append(f'{gain(name, before, model[name]):+.4f}')
    for name, cells in rows.items():
        table.add_row(name, *cells)
    text = io.StringIO()
    Console(file=text, width=79).print(table)
    return f'{title}\n{text.getvalue().rstrip()}'
