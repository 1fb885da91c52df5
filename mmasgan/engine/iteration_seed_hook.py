"""Random numbers that depend only on the iteration."""

import torch
from mmengine.dist import get_rank
from mmengine.hooks import Hook
from mmengine.runner import Runner
from numpy.random import SeedSequence

from ..registry import HOOKS

__all__ = ['IterationSeedHook']


@HOOKS.register_module()
class IterationSeedHook(Hook):
    """Seed PyTorch before each training iteration.

    MMEngine does not save random states, so a resumed training would have
    other dropout masks, and other images from the pools, than an
    uninterrupted one. With this hook, the random numbers of an iteration
    depend only on the runner's seed, the rank and the iteration.

    Config: ``dict(type='mmasgan.IterationSeedHook')``
    """

    priority = 'VERY_HIGH'

    def before_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: dict | None = None
    ) -> None:
        """Seed the generators of all devices."""
        entropy = (runner.seed, get_rank(), runner.iter)
        (state,) = SeedSequence(entropy).generate_state(1, 'uint64')
        # PyTorch takes 64 bits, signed.
        torch.manual_seed(int(state) >> 1)
