"""Resume with changed optimizers and schedules."""

import warnings
from collections.abc import Iterator
from typing import Any, NamedTuple

from mmengine.hooks import Hook
from mmengine.optim import OptimWrapperDict
from mmengine.runner import EpochBasedTrainLoop, Runner

from ..registry import HOOKS

__all__ = ['ResumedSettingsHook']

KINDS = 'optimizers'  # in `meta` of checkpoints: classes by name
INITIAL = 'initial_'  # prefix of the initial value of a schedule
STATE = {
    '_global_step', '_last_value', 'base_values', 'best', 'cooldown_counter',
    'last_step', 'num_bad_epochs', 'verbose',
}  # fmt: skip
"""State of schedulers that is not a setting."""


class _Part(NamedTuple):
    """An optimizer, as built from the config and as in the checkpoint."""

    name: str
    optimizer: Any
    schedulers: list[Any]
    groups: list[dict[str, Any]]
    states: list[dict[str, Any]]


@HOOKS.register_module()
class ResumedSettingsHook(Hook):
    """Resume with the optimizer settings and schedules of the current config.

    MMEngine restores them from the checkpoint, so a longer schedule or
    another learning rate has no effect. If anything differs, this hook
    replays the schedules from their start, so that the learning rates are
    those of a training with the current config. The state of optimizers, such
    as momentum, is kept. If nothing differs, the hook does nothing.

    Another optimizer, other groups of weights, and changed schedules that
    depend on scores are refused.

    Config: ``dict(type='mmasgan.ResumedSettingsHook')``
    """

    priority = 'LOWEST'  # after CheckpointFitHook

    def before_save_checkpoint(
        self, runner: Runner, checkpoint: dict[str, Any]
    ) -> None:
        """Save the classes of the optimizers."""
        checkpoint['meta'][KINDS] = {
            name: type(wrapper.optimizer).__name__
            for name, wrapper in _wrappers(runner).items()
        }

    def after_load_checkpoint(
        self, runner: Runner, checkpoint: dict[str, Any]
    ) -> None:
        """Put the current settings into the checkpoint before it is used.

        Raises:
            ValueError: If the optimizers cannot be resumed.
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
            _replay(part, runner, checkpoint['meta'])
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
                'Changed settings, in effect from now on: '
                f'{"; ".join(changes)}'
            )

    def before_train(self, runner: Runner) -> None:
        """Warn if the resumed training would not change anything."""
        if not runner._resume:
            return
        if runner.iter >= runner.max_iters:
            runner.logger.warning(
                f'The checkpoint is of iteration {runner.iter}, and '
                f'train_cfg.max_iters is {runner.max_iters}: nothing is left '
                'to train. To continue, increase it, and the end of the '
                'schedules in param_scheduler'
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
                    f'The learning rate of {_key(name)} is 0 from now on to '
                    f'iteration {runner.max_iters}, because its schedule has '
                    'ended. Increase the end of its schedule in '
                    'param_scheduler'
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
            f'the optimizers of this config ({", ".join(wrappers)}) are not '
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
        raise _refusal(f'{key}.optimizer was {before} and is now {kind}')
    now = part.optimizer.param_groups
    sizes = [
        [len(group['params']) for group in groups]
        for groups in (part.groups, now)
    ]
    if sizes[0] != sizes[1]:
        raise _refusal(
            f'{key} had groups of {sizes[0]} weights and now has {sizes[1]} '
            '(paramwise_cfg, or another model)'
        )
    keys = [
        {key for key in groups[0] if not key.startswith(INITIAL)}
        for groups in (part.groups, now)
    ]
    # One side may have more keys: versions of PyTorch add some.
    if keys[0] - keys[1] and keys[1] - keys[0]:
        raise _refusal(
            f'{key}.optimizer is now {kind}; that of the checkpoint has '
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
            yield f'{where}, {number}, has another class ({key})'
        for key in sorted((old.keys() & new.keys()) - STATE):
            if old[key] != new[key]:
                yield f'{where}, {number}.{key} from {old[key]} to {new[key]}'


def _replay(part: _Part, runner: Runner, meta: dict[str, Any]) -> None:
    """Step new schedulers to the current iteration."""
    if any(getattr(s, 'need_val_args', False) for s in part.schedulers):
        raise _refusal(
            f'{_key(part.name)} or its param_scheduler was changed, and a '
            'schedule that depends on scores cannot be replayed'
        )
    epochs = (
        meta['epoch']
        if isinstance(runner.train_loop, EpochBasedTrainLoop)
        else 0
    )
    with warnings.catch_warnings():
        # Ignore the warning that no optimizer step came before.
        warnings.simplefilter('ignore')
        for by_epoch, steps in ((False, meta['iter']), (True, epochs)):
            own = [s for s in part.schedulers if s.by_epoch == by_epoch]
            for _ in range(steps):
                for scheduler in own:
                    scheduler.step()
