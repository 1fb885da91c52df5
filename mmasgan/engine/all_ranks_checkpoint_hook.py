"""Checkpoints with the state of each process."""

from typing import Any

import torch
from mmengine.dist import (
    broadcast_object_list,
    get_rank,
    get_world_size,
    is_main_process,
)
from mmengine.hooks import CheckpointHook
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner
from mmengine.utils import apply_to

from ..registry import HOOKS

__all__ = ['AllRanksCheckpointHook']

STATES = 'rank_states'
COUNT = 'world_size'
OWN = '_extra_state'  # PyTorch's key of the extra state of a module


@HOOKS.register_module()
class AllRanksCheckpointHook(CheckpointHook):
    """MMEngine's ``CheckpointHook`` that also saves the state of all ranks.

    MMEngine only saves the state of rank 0. Weights and optimizers are equal
    on all ranks, but each rank has its own pools of generated images. The
    checkpoint contains the extra states of the modules of the other ranks as
    ``rank_states``; those of rank 0 are in ``state_dict``.

    The number of processes is saved as ``meta['world_size']``. Resuming with
    another number is refused, because it would change the batch, the learning
    rate and the order of the images. Checkpoints without that entry are not
    checked. The arguments are those of ``mmengine.hooks.CheckpointHook``.

    Config: ``default_hooks.checkpoint = dict(type=AllRanksCheckpointHook)``
    """

    _states: dict[int, dict[str, Any]] = {}

    def before_save_checkpoint(
        self, runner: Runner, checkpoint: dict[str, Any]
    ) -> None:
        """Add the states of all ranks."""
        checkpoint['meta'][COUNT] = get_world_size()
        checkpoint[STATES] = self._states

    def after_load_checkpoint(
        self, runner: Runner, checkpoint: dict[str, Any]
    ) -> None:
        """Restore the state of this rank when a training is resumed.

        Raises:
            ValueError: If the number of processes is different.
        """
        states = checkpoint.pop(STATES, {})
        if not runner._resume:
            return
        now = get_world_size()
        before = checkpoint['meta'].get(COUNT, now)
        if before != now:
            raise ValueError(
                f'the checkpoint is of {before} processes and cannot be '
                f'resumed by {now}: batch, learning rate and the order of '
                f'images would change. Resume with {before} processes, or '
                'start a new training from its weights, in another work '
                'directory: --cfg-options load_from=CHECKPOINT'
            )
        checkpoint['state_dict'].update(states.get(get_rank(), {}))

    def _save_checkpoint_with_step(
        self, runner: Runner, step: int, meta: dict
    ) -> None:
        self._states = _gather_states(runner)
        super()._save_checkpoint_with_step(runner, step, meta)
        self._states = {}

    def _save_best_checkpoint(self, runner: Runner, metrics: dict) -> None:
        if self.save_best:
            self._states = _gather_states(runner)
        super()._save_best_checkpoint(runner, metrics)
        self._states = {}


def _gather_states(runner: Runner) -> dict[int, dict[str, Any]]:
    """Return the states of all other ranks, on rank 0."""
    model = runner.model
    if is_model_wrapper(model):
        model = model.module
    found: dict[int, dict[str, Any]] = {}
    # One by one, so that a GPU holds the images of one other rank at a time.
    for rank in range(1, get_world_size()):
        box: list[Any] = [None]
        if rank == get_rank():
            state = model.state_dict()
            own = {k: v for k, v in state.items() if k.endswith(OWN)}
            box = [apply_to(own, torch.is_tensor, torch.Tensor.cpu)]
        broadcast_object_list(box, src=rank)
        if is_main_process():
            found[rank] = box[0]
    return found
