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
    """Run the forward pass in bfloat16, with float32 weights and gradients.

    bfloat16 has the range of float32, so losses need no scaling. Unlike
    MMEngine's ``AmpOptimWrapper``, this wrapper also works on a CPU. On a CPU
    without bfloat16 instructions, where a step takes about forty times as
    long, it uses float32, with a warning.

    Config: ``dict(type='mmasgan.BFloat16OptimWrapper', optimizer=...)``
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.device = torch.device(get_device()).type
        self.enabled = self.device != 'cpu' or has_instructions('bfloat16')
        if not self.enabled:
            warnings.warn(
                'this processor has no instructions for bfloat16: training '
                'uses float32, which is faster',
                stacklevel=2,
            )

    @contextmanager
    def optim_context(self, model: nn.Module) -> Iterator[None]:
        """Enable autocast in addition to :class:`OptimWrapper`'s context."""
        with (
            super().optim_context(model),
            torch.autocast(
                self.device, dtype=torch.bfloat16, enabled=self.enabled
            ),
        ):
            yield
