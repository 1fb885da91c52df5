"""Weights that are loaded must be those of the model."""

import ast
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from mmengine.hooks import Hook
from mmengine.runner import BaseLoop, Runner
from mmengine.runner.checkpoint import get_state_dict
from torch import Tensor

from ..registry import HOOKS

__all__ = ['CheckpointFitHook', 'misfits']

OWN = '_extra_state'  # what modules keep besides tensors
SHOWN = 3


@HOOKS.register_module()
class CheckpointFitHook(Hook):
    """Refuse to test or resume with a checkpoint of another model.

    MMEngine loads what fits, lists the rest in the log, and goes on: a test
    is then one of random weights. This hook says how many keys and shapes
    differ, which ones, and for which config the checkpoint was made. It warns
    where a setting of the generator differs that no weight shows. A training
    that starts from weights of another one (``load_from``) may take part of
    them: there, all of it is a warning.

    Config: ``dict(type='mmasgan.CheckpointFitHook')``
    """

    priority = 'VERY_LOW'  # after the hooks that change what was loaded

    def after_load_checkpoint(
        self, runner: Runner, checkpoint: dict[str, Any]
    ) -> None:
        """Compare a checkpoint with the model, before it is loaded.

        Raises:
            ValueError: If it does not fit, unless a training starts from it.
        """
        state = checkpoint.get('state_dict', checkpoint)
        meta = checkpoint.get('meta', {})
        made_for = meta.get(
            'experiment_name', 'a config that it does not name'
        )
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
    """Say how the weights of a checkpoint differ from those of a model.

    Args:
        model: Weights by name.
        state: Those of the checkpoint. Parts of which the model has nothing
            at all, as the discriminators of a model that only tests, do not
            count.
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
    """Return the arguments of ``model.generator`` of a config's text."""
    try:
        statements = ast.parse(text).body
    except SyntaxError:
        return None
    for statement in statements:
        match statement:
            case ast.Assign(targets=[ast.Name(id='model')], value=model):
                found = _keyword(model, 'generator')
                return None if found is None else dict(_arguments(found))
    return None


def _arguments(call: ast.expr) -> Iterator[tuple[str, str]]:
    for keyword in getattr(call, 'keywords', ()):
        yield str(keyword.arg), ast.unparse(keyword.value)


def _keyword(call: ast.expr, name: str) -> ast.expr | None:
    keywords: Iterable[ast.keyword] = getattr(call, 'keywords', ())
    return next((k.value for k in keywords if k.arg == name), None)


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
