"""Pictures of validations and tests, of small ones too."""

from collections.abc import Mapping, Sequence
from typing import Any

from mmengine.hooks import Hook
from mmengine.runner import Runner

from ..registry import HOOKS

__all__ = ['PictureHook']


@HOOKS.register_module()
class PictureHook(Hook):
    """Show what a model makes of images, of a small set of them too.

    Every ``interval``-th batch is drawn, or more of them where this would
    give fewer than ``at_least``. MMagic's ``BasicVisualizationHook`` draws
    none of a set that is smaller than its interval.

    Config::

        default_hooks.visualization = dict(
            type=PictureHook, interval=dict(val=100, test=50)
        )

    Args:
        interval: After how many batches one is drawn; by stage, ``'val'`` and
            ``'test'``, or one number for both.
        at_least: How many batches are drawn, if there are as many.
        on_val: Whether batches of a validation are drawn.
        on_test: Whether those of a test are.
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
