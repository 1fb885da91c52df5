"""Mixed precision without a loss scale, on any device."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from mmengine.device import get_device
from mmengine.optim import OptimWrapper
from torch import nn

from ..registry import OPTIM_WRAPPERS
from ..utils.cpu import has_instructions

__all__ = ['BFloat16OptimWrapper']


@OPTIM_WRAPPERS.register_module()
class BFloat16OptimWrapper(OptimWrapper):
    """Run the forward pass in bfloat16; weights and gradients stay float32.

    bfloat16 has float32's range, so losses need no scale. MMEngine's
    ``AmpOptimWrapper`` refuses to run on a CPU; this one does not. On a
    processor without instructions for bfloat16, where a step takes some forty
    times as long in it, all is float32, with a warning.

    Config: ``dict(type='mmasgan.BFloat16OptimWrapper', optimizer=...)``
    """

    @contextmanager
    def optim_context(self, model: nn.Module) -> Iterator[None]:
        """Enable autocast, besides what :class:`OptimWrapper` enables."""
        device = torch.device(get_device()).type
        pays = device != 'cpu' or has_instructions('bfloat16')
        if not pays:
            warnings.warn(  # shown once
                'this processor has no instructions for bfloat16: trains in '
                'float32, which is faster here',
                stacklevel=1,
            )
        with (
            super().optim_context(model),
            torch.autocast(device, dtype=torch.bfloat16, enabled=pays),
        ):
            yield
