"""A training loop that resumes without loading what was trained on."""

import warnings
from functools import partial
from itertools import chain, repeat
from typing import Any

from mmengine.dist import get_world_size
from mmengine.runner import IterBasedTrainLoop, Runner
from torch import nn
from torch.utils.data import DataLoader

from ..registry import LOOPS
from .stop_signal_hook import StopSignalHook, init_worker

__all__ = ['ResumingTrainLoop']

DRAWN = 'samples_drawn'  # in the message hub, which checkpoints contain


@LOOPS.register_module()
class ResumingTrainLoop(IterBasedTrainLoop):
    """MMEngine's loop, but that resuming skips data by their position.

    MMEngine's loads all batches again that came before. With a sampler that
    can ``start`` anywhere, as
    :class:`~mmasgan.datasets.InfiniteEpochSampler`, none is loaded. The order
    goes on where it was, also with another batch size.

    Its data workers outlive the signals that
    :class:`~mmasgan.engine.StopSignalHook` waits for. However a training
    ends, the signals are restored.

    Config: ``train_cfg = dict(type=ResumingTrainLoop, max_iters=300_000)``

    Args: those of ``mmengine.runner.IterBasedTrainLoop``.
    """

    dataloader_iterator: Any
    _drawn = 0

    def __init__(
        self,
        runner: Runner,
        dataloader: DataLoader | dict,
        *args: Any,
        **kwargs: Any,
    ) -> None:
        loader = dataloader
        if not isinstance(loader, DataLoader):
            randomness = runner._randomness_cfg
            loader = runner.build_dataloader(
                loader,
                seed=runner.seed,
                diff_rank_seed=randomness.get('diff_rank_seed', False),
            )
        # Here, since MMEngine's loop starts them before any hook runs.
        loader.worker_init_fn = partial(init_worker, loader.worker_init_fn)
        super().__init__(runner, loader, *args, **kwargs)

    def run(self) -> nn.Module:
        """Train; see :class:`mmengine.runner.IterBasedTrainLoop`."""
        sampler = self.dataloader.sampler
        if self._iter > 0:
            drawn = self.runner.message_hub.get_info(DRAWN)
            # MMEngine's loop does not say it.
            self._drawn = self._iter * self._batch if drawn is None else drawn
        if self._iter > 0 and hasattr(sampler, 'start'):
            sampler.start = self._drawn
            batches = iter(type(self.dataloader_iterator)(self.dataloader))
            # What the loop skips is nothing.
            self.dataloader_iterator = chain(repeat(None, self._iter), batches)
        try:
            with warnings.catch_warnings():
                # An optimizer that waits for its turn, `discriminator_steps`.
                warnings.filterwarnings(
                    'ignore', 'Detected call of `scheduler.step'
                )
                return super().run()
        finally:
            for hook in self.runner.hooks:
                if isinstance(hook, StopSignalHook):
                    hook.restore()

    def run_iter(self, data_batch: Any) -> None:
        """Do a step; see :class:`mmengine.runner.IterBasedTrainLoop`."""
        self._drawn += self._batch
        self.runner.message_hub.update_info(DRAWN, self._drawn)
        super().run_iter(data_batch)

    @property
    def _batch(self) -> int:
        """Samples that all processes draw in an iteration."""
        return self.dataloader.batch_size * get_world_size()
