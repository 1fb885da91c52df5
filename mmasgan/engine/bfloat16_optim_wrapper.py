"""Mixed precision without a loss scale, on any device."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

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

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.device = torch.device(get_device()).type
        self.enabled = self.device != 'cpu' or has_instructions('bfloat16')
        if not self.enabled:
            warnings.warn(
                'this processor has no instructions for bfloat16: trains in '
                'float32, which is faster here',
                stacklevel=2,
            )

    @contextmanager
    def optim_context(self, model: nn.Module) -> Iterator[None]:
        """Enable autocast, in addition to what the base class enables."""
        with (
            super().optim_context(model),
            torch.autocast(
                self.device, dtype=torch.bfloat16, enabled=self.enabled
            ),
        ):
            yield
