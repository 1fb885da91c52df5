"""A training loop that resumes without loading what was trained on."""

from functools import partial
from itertools import chain, repeat
from typing import Any

from mmengine.runner import IterBasedTrainLoop, Runner
from torch import nn
from torch.utils.data import DataLoader

from ..registry import LOOPS
from .stop_signal_hook import init_worker

__all__ = ['ResumingTrainLoop']


@LOOPS.register_module()
class ResumingTrainLoop(IterBasedTrainLoop):
    """MMEngine's loop, but that resuming skips data by their position.

    MMEngine's loads all batches again that came before. With a sampler that
    can ``start`` anywhere, as
    :class:`~mmasgan.datasets.InfiniteEpochSampler`, none is loaded.

    Its data workers outlive the signals that
    :class:`~mmasgan.engine.StopSignalHook` waits for.

    Config: ``train_cfg = dict(type=ResumingTrainLoop, max_iters=300_000)``

    Args: those of ``mmengine.runner.IterBasedTrainLoop``.
    """

    dataloader_iterator: Any

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
        if self._iter > 0 and hasattr(sampler, 'start'):
            batches = self._iter * self.dataloader.batch_size
            sampler.start = batches * sampler.world_size
            batches = iter(type(self.dataloader_iterator)(self.dataloader))
            # What the loop skips is nothing.
            self.dataloader_iterator = chain(repeat(None, self._iter), batches)
        return super().run()
