"""Random numbers as a function of the iteration."""

import torch
from mmengine.dist import get_rank
from mmengine.hooks import Hook
from mmengine.runner import Runner
from numpy.random import SeedSequence

from ..registry import HOOKS

__all__ = ['IterationSeedHook']


@HOOKS.register_module()
class IterationSeedHook(Hook):
    """Seed PyTorch before each training iteration from seed, rank, iteration.

    MMEngine saves no random states, so a resumed training draws other dropout
    masks and other images from the pools than one that never stopped. With
    this hook there is no state to save: what iteration k draws depends on
    the runner's seed, the rank and k alone.

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
