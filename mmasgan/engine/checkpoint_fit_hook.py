"""Check that loaded weights belong to the model."""

import ast
from collections.abc import Mapping
from itertools import islice
from typing import Any

from mmengine.hooks import Hook
from mmengine.runner import BaseLoop, Runner
from mmengine.runner.checkpoint import get_state_dict
from torch import Tensor

from ..registry import HOOKS
from ..utils.config_text import assignments, keywords

__all__ = ['CheckpointFitHook', 'misfits']

OWN = '_extra_state'  # PyTorch's key of the extra state of a module
SHOWN = 3


@HOOKS.register_module()
class CheckpointFitHook(Hook):
    """Refuse to test or resume with a checkpoint of another model.

    MMEngine loads matching keys, logs the others and continues, possibly with
    random weights. This hook raises an error that lists missing and unexpected
    keys, different shapes, and the config of the checkpoint. It warns if
    settings of the generator differ that do not change its weights. For a
    training that starts from a checkpoint (``load_from``), all of this is a
    warning.

    Config: ``dict(type='mmasgan.CheckpointFitHook')``
    """

    priority = 'VERY_LOW'  # after hooks that change the checkpoint

    def after_load_checkpoint(
        self, runner: Runner, checkpoint: dict[str, Any]
    ) -> None:
        """Compare a checkpoint with the model before it is loaded.

        Raises:
            ValueError: If it does not match and a test or a resumed training
                loads it.
        """
        state = checkpoint.get('state_dict', checkpoint)
        meta = checkpoint.get('meta', {})
        made_for = meta.get('experiment_name', 'an unknown config')
        problems = misfits(get_state_dict(runner.model), state)
        if problems:
            text = (
                f"'{runner._load_from}' does not fit the model of this "
                f'config; it was made for {made_for}: {"; ".join(problems)}'
            )
            is_training = isinstance(runner._train_loop, BaseLoop)
            if not is_training or runner._resume:
                raise ValueError(text)
            runner.logger.warning(text)
        changes = _changes(
            _generator(str(meta.get('cfg', ''))),
            _generator(runner.cfg.pretty_text),
        )
        if changes:
            runner.logger.warning(
                f"'{runner._load_from}' was made for {made_for}, whose "
                f'generator differs: {"; ".join(changes)}'
            )


def misfits(
    model: Mapping[str, Tensor], state: Mapping[str, Tensor]
) -> list[str]:
    """List the differences between a checkpoint and a model.

    Args:
        model: Weights of the model, by name.
        state: Weights of the checkpoint, by name. Parts that the model does
            not have, such as the discriminators in a test, are ignored.
    """
    parts = {name.partition('.')[0] for name in model}
    names = {name for name in model if not name.endswith(OWN)}
    given = {
        name
        for name in state
        if name.partition('.')[0] in parts and not name.endswith(OWN)
    }
    return [
        f'{len(found)} keys {what}: {_some(found)}'
        for what, found in (
            ('are missing', sorted(names - given)),
            ('are not of this model', sorted(given - names)),
            (
                'have another shape',
                [
                    f'{name} {tuple(state[name].shape)} instead of '
                    f'{tuple(model[name].shape)}'
                    for name in sorted(names & given)
                    if state[name].shape != model[name].shape
                ],
            ),
        )
        if found
    ]


def _some(names: list[str]) -> str:
    rest = len(names) - SHOWN
    more = [f'and {rest} more'] if rest > 0 else []
    return ', '.join([*islice(names, SHOWN), *more])


def _generator(text: str) -> dict[str, str] | None:
    """Return the arguments of ``model.generator`` in the text of a config."""
    try:
        model = keywords(assignments(text)['model'])
        given = keywords(model['generator'])
    except (ValueError, KeyError):
        return None
    return {name: ast.unparse(value) for name, value in given.items()}


def _changes(
    before: dict[str, str] | None, now: dict[str, str] | None
) -> list[str]:
    if before is None or now is None:
        return []
    return [
        f'{key}={before.get(key, "default")} there, '
        f'{now.get(key, "default")} here'
        for key in sorted(before | now)
        if before.get(key) != now.get(key)
    ]
