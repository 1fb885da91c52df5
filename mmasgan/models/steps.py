"""One optimiser step that a broken loss cannot spoil, and evaluation."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from mmengine import MessageHub
from mmengine.optim import OptimWrapper
from torch import Tensor, nn

__all__ = ['Losses', 'evaluation_mode', 'optimize']

Losses = dict[str, Tensor]  # scalars by name


def optimize(
    optimizer: OptimWrapper, losses: Losses, files: list[str]
) -> None:
    """Sum the losses and update what the optimiser holds.

    Args:
        optimizer: Its ``update_params`` does the step.
        losses: Scalars by name. Without any, nothing is updated.
        files: Images of the batch, for the message.

    Raises:
        FloatingPointError: If a loss is not finite. No weight has changed.
    """
    if not losses:
        return
    total = torch.stack(list(losses.values())).sum()
    if not torch.isfinite(total):
        bad = [n for n, term in losses.items() if not torch.isfinite(term)]
        iteration = MessageHub.get_current_instance().get_info('iter', 0)
        raise FloatingPointError(
            f'iteration {iteration}: {", ".join(bad) or "sum of losses"} is '
            f'not finite; files of this batch: {", ".join(files)}'
        )
    optimizer.update_params(total)


@contextmanager
def evaluation_mode(model: nn.Module) -> Iterator[None]:
    """Evaluate a model, then put each of its modules in the mode it had."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for module, training in modes:
            module.training = training
