"""Weights in the memory layout in which convolutions are fastest."""

import torch
from mmengine.hooks import Hook
from mmengine.runner import Runner

from ..registry import HOOKS

__all__ = ['ChannelsLastHook']


@HOOKS.register_module()
class ChannelsLastHook(Hook):
    """Keep the weights of convolutions with the channels last in memory.

    Convolutions then hand their output on in that layout, which is the
    faster one in bfloat16, on a CPU as on a GPU. Shapes, names and
    checkpoints stay the same; sums are taken in another order, so outputs
    differ by rounding.

    Config: ``dict(type='mmasgan.ChannelsLastHook')``
    """

    def before_run(self, runner: Runner) -> None:
        """Move the weights."""
        runner.model.to(memory_format=torch.channels_last)
