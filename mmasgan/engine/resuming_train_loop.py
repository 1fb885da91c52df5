"""Training loop that resumes without loading earlier batches."""

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

DRAWN = 'samples_drawn'  # in the message hub, saved in checkpoints


@LOOPS.register_module()
class ResumingTrainLoop(IterBasedTrainLoop):
    """MMEngine's ``IterBasedTrainLoop`` with a fast resume.

    MMEngine loads all earlier batches again. With a sampler that has a
    ``start``, such as :class:`~mmasgan.datasets.InfiniteEpochSampler`, this
    loop loads none of them. The order of the samples continues, also with
    another batch size.

    The data workers ignore the signals of
    :class:`~mmasgan.engine.StopSignalHook`, whose handlers are removed after
    the training. The arguments are those of
    ``mmengine.runner.IterBasedTrainLoop``.

    Config: ``train_cfg = dict(type=ResumingTrainLoop, max_iters=300_000)``
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
        # Set here, because MMEngine's loop starts workers before any hook.
        loader.worker_init_fn = partial(init_worker, loader.worker_init_fn)
        super().__init__(runner, loader, *args, **kwargs)

    def run(self) -> nn.Module:
        """Train; see :class:`mmengine.runner.IterBasedTrainLoop`."""
        sampler = self.dataloader.sampler
        if self._iter > 0:
            drawn = self.runner.message_hub.get_info(DRAWN)
            # Checkpoints of MMEngine's loop do not contain it.
            self._drawn = self._iter * self._batch if drawn is None else drawn
        if self._iter > 0 and hasattr(sampler, 'start'):
            sampler.start = self._drawn
            batches = iter(type(self.dataloader_iterator)(self.dataloader))
            # MMEngine's loop skips these placeholders.
            self.dataloader_iterator = chain(repeat(None, self._iter), batches)
        try:
            with warnings.catch_warnings():
                # Optimizers do not step at each iteration, if
                # `discriminator_steps` is greater than 1.
                warnings.filterwarnings(
                    'ignore', 'Detected call of `scheduler.step'
                )
                return super().run()
        finally:
            for hook in self.runner.hooks:
                if isinstance(hook, StopSignalHook):
                    hook.restore()

    def run_iter(self, data_batch: Any) -> None:
        """Count the samples and run an iteration."""
        self._drawn += self._batch
        self.runner.message_hub.update_info(DRAWN, self._drawn)
        super().run_iter(data_batch)

    @property
    def _batch(self) -> int:
        """Number of samples of all processes per iteration."""
        return self.dataloader.batch_size * get_world_size()
