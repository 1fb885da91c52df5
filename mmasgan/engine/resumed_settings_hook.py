"""Optimisers and schedules that were changed before a training goes on."""

import warnings
from collections.abc import Iterator
from typing import Any, NamedTuple

from mmengine.hooks import Hook
from mmengine.optim import OptimWrapperDict
from mmengine.runner import EpochBasedTrainLoop, Runner

from ..registry import HOOKS

__all__ = ['ResumedSettingsHook']

KINDS = 'optimizers'  # in the checkpoint's `meta`: class of each, by name
INITIAL = 'initial_'  # how schedulers mark the value that they start from
STATE = {
    '_global_step', '_last_value', 'base_values', 'best', 'cooldown_counter',
    'last_step', 'num_bad_epochs', 'verbose',
}  # fmt: skip
"""What schedulers keep that is no setting."""


class _Part(NamedTuple):
    """One optimiser, as it was just built and as the checkpoint has it."""

    name: str
    optimizer: Any
    schedulers: list[Any]
    groups: list[dict[str, Any]]
    states: list[dict[str, Any]]


@HOOKS.register_module()
class ResumedSettingsHook(Hook):
    """Resume with the optimisers and schedules that the config has now.

    MMEngine takes all of them from the checkpoint: a longer schedule or
    another learning rate then has no effect. Here, where anything differs,
    the schedules are gone through from their start: learning rates go on as
    if the config had always been the present one. Momenta and whatever else
    optimisers remember stay. Where nothing differs, nothing is done.

    Another optimiser, other groups of weights, and changed schedules that
    depend on scores are refused.

    Config: ``dict(type='mmasgan.ResumedSettingsHook')``
    """

    priority = 'LOWEST'  # after what looks whether the weights fit at all

    def before_save_checkpoint(
        self, runner: Runner, checkpoint: dict[str, Any]
    ) -> None:
        """Note which optimisers there are."""
        checkpoint['meta'][KINDS] = {
            name: type(wrapper.optimizer).__name__
            for name, wrapper in _wrappers(runner).items()
        }

    def after_load_checkpoint(
        self, runner: Runner, checkpoint: dict[str, Any]
    ) -> None:
        """Put the present settings into the checkpoint before it is used.

        Raises:
            ValueError: If the optimisers cannot go on from it.
        """
        if not runner._resume or 'optimizer' not in checkpoint:
            return
        changes: list[str] = []
        states = checkpoint.get('param_schedulers')
        for part in _parts(runner, checkpoint):
            found = [*_changed_groups(part), *_changed_schedules(part)]
            if not found:
                continue
            changes += found
            _go_through(part, runner, checkpoint['meta'])
            for group, now in zip(
                part.groups, part.optimizer.param_groups, strict=True
            ):
                params = group['params']
                group.clear()
                group.update(now, params=params)
            new = [scheduler.state_dict() for scheduler in part.schedulers]
            if isinstance(states, dict):
                states[part.name] = new
            elif states is not None:
                states[:] = new
        if changes:
            runner.logger.info(
                'Changed since the checkpoint was saved, and in effect from '
                f'here on: {"; ".join(changes)}'
            )

    def before_train(self, runner: Runner) -> None:
        """Warn of a training that goes on and learns nothing."""
        if not runner._resume:
            return
        if runner.iter >= runner.max_iters:
            runner.logger.warning(
                f'The checkpoint is of iteration {runner.iter}, and '
                f'train_cfg.max_iters is {runner.max_iters}: nothing is left '
                'to train. To go on, raise it, and the end of what in '
                'param_scheduler ends there'
            )
            return
        schedulers = runner.param_schedulers or []
        for name, wrapper in _wrappers(runner).items():
            own = schedulers
            if isinstance(schedulers, dict):
                own = schedulers[name]
            is_over = own and all(s.end <= runner.iter for s in own)
            if is_over and not any(
                group['lr'] for group in wrapper.param_groups
            ):
                runner.logger.warning(
                    f'The learning rate of {_key(name)} is 0 from here to '
                    f'iteration {runner.max_iters}: its schedule is over. '
                    'Raise the end of what in param_scheduler ends before'
                )


def _wrappers(runner: Runner) -> dict[str, Any]:
    wrapper = runner.optim_wrapper
    if isinstance(wrapper, OptimWrapperDict):
        return dict(wrapper.items())
    return {'': wrapper}


def _key(name: str) -> str:
    return f'optim_wrapper.{name}' if name else 'optim_wrapper'


def _parts(runner: Runner, checkpoint: dict[str, Any]) -> Iterator[_Part]:
    wrappers, saved = _wrappers(runner), checkpoint['optimizer']
    if 'param_groups' in saved:
        saved = {'': saved}
    if saved.keys() != wrappers.keys():
        raise _refusal(
            f'the optimisers of this config ({", ".join(wrappers)}) are not '
            f'those of the checkpoint ({", ".join(saved)})'
        )
    kinds = checkpoint['meta'].get(KINDS, {})
    for name, wrapper in wrappers.items():
        now = runner.param_schedulers or []
        states = checkpoint.get('param_schedulers') or []
        if isinstance(now, dict):
            now = now[name]
        if isinstance(states, dict):
            states = states.get(name, [])
        part = _Part(
            name, wrapper.optimizer, now, saved[name]['param_groups'], states
        )
        _check_kind(part, kinds.get(name))
        yield part


def _check_kind(part: _Part, before: str | None) -> None:
    key, kind = _key(part.name), type(part.optimizer).__name__
    if before is not None and before != kind:
        raise _refusal(f'{key}.optimizer is {kind}, and was {before}')
    now = part.optimizer.param_groups
    sizes = [
        [len(group['params']) for group in groups]
        for groups in (part.groups, now)
    ]
    if sizes[0] != sizes[1]:
        raise _refusal(
            f'{key} has groups of {sizes[1]} weights, and had {sizes[0]} '
            '(paramwise_cfg, or another model)'
        )
    keys = [
        {key for key in groups[0] if not key.startswith(INITIAL)}
        for groups in (part.groups, now)
    ]
    # One side alone may have more: versions of PyTorch add some.
    if keys[0] - keys[1] and keys[1] - keys[0]:
        raise _refusal(
            f'{key}.optimizer is {kind}, and was another that has '
            f'{", ".join(sorted(keys[0] - keys[1]))}'
        )


def _refusal(why: str) -> ValueError:
    return ValueError(
        f'this checkpoint cannot be resumed: {why}. Restore the setting, or '
        'start a new training from its weights, in another work directory '
        'and without --resume: --cfg-options load_from=CHECKPOINT'
    )


def _changed_groups(part: _Part) -> Iterator[str]:
    for before, now in zip(
        part.groups, part.optimizer.param_groups, strict=True
    ):
        for key in sorted((before.keys() & now.keys()) - {'params'}):
            is_scheduled = INITIAL + key in before or INITIAL + key in now
            if not is_scheduled and before[key] != now[key]:
                name = key.removeprefix(INITIAL)
                yield (
                    f'{_key(part.name)}.optimizer.{name} from {before[key]} '
                    f'to {now[key]}'
                )


def _changed_schedules(part: _Part) -> Iterator[str]:
    where = f'param_scheduler of {_key(part.name)}'
    now = [scheduler.state_dict() for scheduler in part.schedulers]
    if len(now) != len(part.states):
        yield f'{where} from {len(part.states)} to {len(now)} schedules'
        return
    for number, (old, new) in enumerate(zip(part.states, now, strict=True)):
        for key in sorted(old.keys() ^ new.keys()):
            yield f'{where}, {number}, is another one ({key})'
        for key in sorted((old.keys() & new.keys()) - STATE):
            if old[key] != new[key]:
                yield f'{where}, {number}.{key} from {old[key]} to {new[key]}'


def _go_through(part: _Part, runner: Runner, meta: dict[str, Any]) -> None:
    """Bring new schedulers to where the training is."""
    if any(getattr(s, 'need_val_args', False) for s in part.schedulers):
        raise _refusal(
            f'{_key(part.name)} or its param_scheduler was changed, and a '
            'schedule that depends on scores cannot be gone through again'
        )
    epochs = (
        meta['epoch']
        if isinstance(runner.train_loop, EpochBasedTrainLoop)
        else 0
    )
    with warnings.catch_warnings():
        # Of a step before the optimiser's first one.
        warnings.simplefilter('ignore')
        for by_epoch, steps in ((False, meta['iter']), (True, epochs)):
            own = [s for s in part.schedulers if s.by_epoch == by_epoch]
            for _ in range(steps):
                for scheduler in own:
                    scheduler.step()
