"""Pictures of validations and tests."""

from collections.abc import Mapping, Sequence
from typing import Any

from mmengine.hooks import Hook
from mmengine.runner import Runner

from ..registry import HOOKS

__all__ = ['PictureHook']


@HOOKS.register_module()
class PictureHook(Hook):
    """Pass images of validations and tests to the visualizer.

    Every ``interval``-th batch is shown, or more if these would be fewer than
    ``at_least``. MMagic's ``BasicVisualizationHook`` shows nothing of a data
    set smaller than its interval.

    Config::

        default_hooks.visualization = dict(
            type=PictureHook, interval=dict(val=100, test=50)
        )

    Args:
        interval: Number of batches per shown batch; a number, or a dict with
            ``'val'`` and ``'test'``.
        at_least: Smallest number of shown batches, if there are enough.
        on_val: Whether to show batches of validations.
        on_test: Whether to show batches of tests.
    """

    def __init__(
        self,
        interval: int | Mapping[str, int] = 1,
        at_least: int = 3,
        on_val: bool = True,
        on_test: bool = True,
    ) -> None:
        self.interval = interval
        self.at_least = at_least
        self.stages = {'val': on_val, 'test': on_test}

    def _after_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: Any,
        outputs: Sequence[Any] | None,
        mode: str | None = None,
    ) -> None:
        if not self.stages.get(str(mode)):
            return
        interval = self.interval
        if isinstance(interval, Mapping):
            interval = interval.get(str(mode), 1)
        if self.at_least:
            loop = runner.val_loop if mode == 'val' else runner.test_loop
            batches = getattr(loop, 'total_length', None)  # MMagic's
            if batches is None:
                batches = len(loop.dataloader)
            interval = max(1, min(interval, batches // self.at_least))
        if self.every_n_inner_iters(batch_idx, interval):
            for sample in outputs or ():
                runner.visualizer.add_datasample(sample, step=runner.iter)
