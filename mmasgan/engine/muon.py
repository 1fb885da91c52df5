"""Muon, in float32 on processors without bfloat16."""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from timm.optim import muon

from ..registry import OPTIMIZERS
from ..utils.cpu import has_instructions

__all__ = ['Muon']


@OPTIMIZERS.register_module()
class Muon(muon.Muon):
    """timm's Muon, in float32 on processors without bfloat16 instructions.

    timm orthogonalises updates in bfloat16. On such processors, this takes 18
    times as long as in float32, and longer than the rest of a step.

    Source: Jordan et al., Muon: An optimizer for hidden layers in neural
    networks, 2024, as implemented in timm.

    Config: ``dict(type='mmasgan.Muon', lr=6e-4, betas=(0.9, 0.99))``
    """

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update the weights; see :class:`torch.optim.Optimizer`."""
        weights = self.param_groups[0]['params']
        if weights[0].device.type != 'cpu' or has_instructions('bfloat16'):
            return super().step(closure)
        given = muon.zeropower_via_newtonschulz
        muon.zeropower_via_newtonschulz = partial(given, dtype=torch.float32)
        try:
            return super().step(closure)
        finally:
            muon.zeropower_via_newtonschulz = given
