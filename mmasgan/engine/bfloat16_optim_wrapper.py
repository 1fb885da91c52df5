"""Mixed precision without a loss scale, on any device."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import cached_property

import torch
from mmengine.device import get_device
from mmengine.logging import print_log
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
    long, it uses float32, with a message.

    Config: ``dict(type='mmasgan.BFloat16OptimWrapper', optimizer=...)``
    """

    @cached_property
    def device(self) -> str:
        """Type of device on which the forward pass uses bfloat16, or ''."""
        device = torch.device(get_device()).type
        if device != 'cpu' or has_instructions('bfloat16'):
            return device
        print_log(
            'This processor has no instructions for bfloat16: training uses '
            'float32, which is faster',
            logger='current',
        )
        return ''

    @contextmanager
    def optim_context(self, model: nn.Module) -> Iterator[None]:
        """Enable autocast in addition to :class:`OptimWrapper`'s context."""
        with (
            super().optim_context(model),
            torch.autocast(self.device, dtype=torch.bfloat16)
            if self.device
            else nullcontext(),
        ):
            yield
