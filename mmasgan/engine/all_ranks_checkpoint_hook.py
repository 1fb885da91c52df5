"""Checkpoints that hold what each process has of its own."""

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
OWN = '_extra_state'  # PyTorch's name of what modules keep besides tensors


@HOOKS.register_module()
class AllRanksCheckpointHook(CheckpointHook):
    """MMEngine's hook, but that no process loses its state.

    MMEngine saves what rank 0 has. Weights and optimisers are the same on all
    ranks, but each has its own pools of generated images. They go into the
    checkpoint as ``rank_states``: by rank, the extra states of the model's
    modules; the first rank's are in ``state_dict``, as those of a single
    process.

    The number of processes is saved as ``meta['world_size']``, and resuming
    with another one is refused: batch, learning rate and the images seen
    would not be those of one training. A checkpoint without that entry, of
    MMEngine's own hook, is not checked.

    Config: ``default_hooks.checkpoint = dict(type=AllRanksCheckpointHook)``

    Args: those of ``mmengine.hooks.CheckpointHook``.
    """

    _states: dict[int, dict[str, Any]] = {}

    def before_save_checkpoint(
        self, runner: Runner, checkpoint: dict[str, Any]
    ) -> None:
        """Add the states of all ranks; on the main process only."""
        checkpoint['meta'][COUNT] = get_world_size()
        checkpoint[STATES] = self._states

    def after_load_checkpoint(
        self, runner: Runner, checkpoint: dict[str, Any]
    ) -> None:
        """Take the state of this rank, if a training is resumed.

        Raises:
            ValueError: If another number of processes saved it.
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
    """Return on rank 0 the states of all others, by rank."""
    model = runner.model
    if is_model_wrapper(model):
        model = model.module
    found: dict[int, dict[str, Any]] = {}
    # One after the other: a GPU holds the images of one more rank, not of all.
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
