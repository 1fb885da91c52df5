"""Optimizer steps with a check for non-finite values; evaluation mode."""

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
    """Update the weights of an optimizer by the sum of the losses.

    A step with a non-finite loss or gradient is skipped, up to
    ``max_nonfinite_steps`` times in a training; the count is saved in
    checkpoints. Gradients of a wrapper with a loss scaler, such as MMEngine's
    ``AmpOptimWrapper``, are not checked, because the scaler skips such steps
    itself and reduces the scale.

    Args:
        optimizer: Optimizer wrapper.
        networks: Module with the weights of the optimizer, for the names in
            the message.
        losses: Scalars by name. An empty dict means no update.
        files: Paths of the images of the batch, for the message.
        max_nonfinite_steps: Number of steps to skip before an error.

    Returns:
        Whether all losses and gradients were finite.

    Raises:
        FloatingPointError: If more steps than ``max_nonfinite_steps`` had a
            non-finite loss or gradient. The last one changed no weight.
    """
    if not losses:
        return True
    total = torch.stack(list(losses.values())).sum()
    finite = torch.isfinite(total)
    # With a limit of 0, one process may stop: the launcher ends the others.
    if max_nonfinite_steps and is_distributed():
        finite = finite.float()
        all_reduce(finite, 'min')
    if not finite:
        bad = [n for n, term in losses.items() if not torch.isfinite(term)]
        what = ', '.join(bad) or 'sum of losses'
        _skip_step(f'{what} is not finite', files, max_nonfinite_steps)
        return False
    optimizer.backward(optimizer.scale_loss(total))
    if not optimizer.should_update():  # gradients are being accumulated
        return True
    if not hasattr(optimizer, 'loss_scaler'):
        bad = _without_finite_gradient(networks)
        if bad:
            optimizer.zero_grad()
            what = f'gradient of {bad[0]} (and {len(bad) - 1} more)'
            _skip_step(f'{what} is not finite', files, max_nonfinite_steps)
            return False
    optimizer.step()
    optimizer.zero_grad()
    return True


def _skip_step(problem: str, files: list[str], limit: int) -> None:
    """Count a non-finite step; warn, or raise if there are too many."""
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
        f'{message}; step skipped, {count} of at most {limit}'
    )


def _without_finite_gradient(networks: nn.Module) -> list[str]:
    graded = {
        name: weight.grad
        for name, weight in networks.named_parameters()
        if weight.grad is not None
    }
    if not graded:
        return []
    # Check one number, because each check waits for the device.
    norms = torch.stack(torch._foreach_norm(list(graded.values())))
    if torch.isfinite(norms.sum()):
        return []
    finite = torch.isfinite(norms).tolist()
    return [n for n, good in zip(graded, finite, strict=True) if not good]


@contextmanager
def evaluation_mode(model: nn.Module) -> Iterator[None]:
    """Set evaluation mode, and restore the mode of each module afterwards."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for module, training in modes:
            module.training = training
