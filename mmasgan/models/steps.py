"""One optimiser step that no broken number can spoil, and evaluation."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from mmengine import MessageHub
from mmengine.dist import all_reduce, is_distributed
from mmengine.logging import MMLogger
from mmengine.optim import OptimWrapper
from torch import Tensor, nn

__all__ = ['Losses', 'evaluation_mode', 'optimize']

Losses = dict[str, Tensor]  # scalars by name


def optimize(
    optimizer: OptimWrapper,
    networks: nn.Module,
    losses: Losses,
    files: list[str],
    max_nonfinite_steps: int = 0,
) -> bool:
    """Sum the losses and update what the optimiser holds.

    A step with a loss or a gradient that is not finite is left out, up to
    ``max_nonfinite_steps`` times in a training; the count is part of its
    checkpoints. Gradients of a wrapper that scales its loss, as MMEngine's
    ``AmpOptimWrapper``, are left to the scaler, which leaves such steps out
    by itself and looks for a smaller scale.

    Args:
        optimizer: Its ``backward``, ``step`` and ``zero_grad`` do the step.
        networks: What it updates, to name a gradient by.
        losses: Scalars by name. Without any, nothing is updated.
        files: Images of the batch, for the message.
        max_nonfinite_steps: How many steps may be left out before it raises.

    Returns:
        Whether all was finite.

    Raises:
        FloatingPointError: If a loss or gradient is not finite once too
            often. No weight has changed.
    """
    if not losses:
        return True
    total = torch.stack(list(losses.values())).sum()
    finite = torch.isfinite(total)
    # Only a limit of 0 may end one process alone: the launcher ends the rest.
    if max_nonfinite_steps and is_distributed():
        finite = finite.float()
        all_reduce(finite, 'min')
    if not finite:
        bad = [n for n, term in losses.items() if not torch.isfinite(term)]
        what = ', '.join(bad) or 'sum of losses'
        _leave_out(f'{what} is not finite', files, max_nonfinite_steps)
        return False
    optimizer.backward(optimizer.scale_loss(total))
    if not optimizer.should_update():  # gradients are being accumulated
        return True
    if not hasattr(optimizer, 'loss_scaler'):
        bad = _without_finite_gradient(networks)
        if bad:
            optimizer.zero_grad()
            what = f'gradient of {bad[0]} (and {len(bad) - 1} more)'
            _leave_out(f'{what} is not finite', files, max_nonfinite_steps)
            return False
    optimizer.step()
    optimizer.zero_grad()
    return True


def _leave_out(problem: str, files: list[str], limit: int) -> None:
    """Count a bad step, warn, and raise if there are too many."""
    hub = MessageHub.get_current_instance()
    count = hub.get_info('bad_steps', 0) + 1
    iteration = hub.get_info('iter', 0)
    message = (
        f'iteration {iteration}: {problem}; files of this batch: '
        f'{", ".join(files)}'
    )
    if count > limit:
        raise FloatingPointError(f'{message}; max_nonfinite_steps is {limit}')
    hub.update_info('bad_steps', count)
    MMLogger.get_current_instance().warning(
        f'{message}; left out, {count} of at most {limit} steps'
    )


def _without_finite_gradient(networks: nn.Module) -> list[str]:
    graded = {
        name: weight.grad
        for name, weight in networks.named_parameters()
        if weight.grad is not None
    }
    if not graded:
        return []
    # One number to look at, where each look waits for the device.
    norms = torch.stack(torch._foreach_norm(list(graded.values())))
    if torch.isfinite(norms.sum()):
        return []
    finite = torch.isfinite(norms).tolist()
    return [n for n, good in zip(graded, finite, strict=True) if not good]


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
