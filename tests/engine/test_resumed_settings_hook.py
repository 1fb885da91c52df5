from copy import deepcopy
from types import SimpleNamespace
from unittest.mock import MagicMock

import pytest
import torch
from mmengine.optim import (
    CosineAnnealingLR,
    ExponentialLR,
    LinearLR,
    OptimWrapper,
    OptimWrapperDict,
    ReduceOnPlateauLR,
)
from torch.optim import SGD, Adam

from mmasgan.engine import ResumedSettingsHook

LINEAR = (LinearLR, dict(start_factor=1, end_factor=0, begin=2, end=8))


PLATEAU = (ReduceOnPlateauLR, dict(monitor='x', by_epoch=True))


def make(schedules=(LINEAR,), kind=Adam, groups=1, resume=True, **settings):
    """Make what a runner has when it loads a checkpoint."""
    torch.manual_seed(0)
    weights = [torch.nn.Parameter(torch.ones(2)) for _ in range(groups)]
    settings = {'lr': 0.1, **settings}
    optimizer = kind([{'params': [w]} for w in weights], **settings)
    wrapper = OptimWrapper(optimizer)
    return SimpleNamespace(
        optim_wrapper=OptimWrapperDict(generators=wrapper),
        param_schedulers={
            'generators': [
                scheduler(wrapper, **{'by_epoch': False, **options})
                for scheduler, options in schedules
            ]
        },
        weights=weights,
        logger=MagicMock(),
        train_loop=None,
        iter=0,
        max_iters=8,
        _resume=resume,
    )


def train(runner, steps):
    """Train, and return the learning rates of the steps."""
    wrapper = runner.optim_wrapper['generators']
    rates = []
    for _ in range(steps):
        rates.append(wrapper.param_groups[0]['lr'])
        wrapper.update_params(sum(w.square().sum() for w in runner.weights))
        for scheduler in runner.param_schedulers['generators']:
            scheduler.step()
        runner.iter += 1
    return rates


def save(runner):
    checkpoint = {
        'meta': {'iter': runner.iter, 'epoch': 0},
        'optimizer': runner.optim_wrapper.state_dict(),
        'param_schedulers': {
            'generators': [
                s.state_dict() for s in runner.param_schedulers['generators']
            ]
        },
    }
    ResumedSettingsHook().before_save_checkpoint(runner, checkpoint)
    return deepcopy(checkpoint)


def resume(runner, checkpoint):
    """Do what MMEngine's runner does."""
    ResumedSettingsHook().after_load_checkpoint(runner, checkpoint)
    runner.optim_wrapper.load_state_dict(checkpoint['optimizer'])
    for scheduler, state in zip(
        runner.param_schedulers['generators'],
        checkpoint['param_schedulers']['generators'],
        strict=True,
    ):
        scheduler.load_state_dict(state)
    runner.iter = checkpoint['meta']['iter']
    return runner


def changed(**options):
    return ((LinearLR, LINEAR[1] | options),)


COSINE = (CosineAnnealingLR, dict(T_max=8, begin=0, end=8))
CHANGES = {
    'later end': dict(schedules=changed(end=16)),
    'begin': dict(schedules=changed(begin=4)),
    'factor': dict(schedules=changed(end_factor=0.5)),
    'another kind': dict(schedules=(COSINE,)),
    'two instead of one': dict(
        schedules=(
            (LinearLR, dict(start_factor=0.1, begin=0, end=3)),
            (CosineAnnealingLR, dict(T_max=5, begin=3, end=8)),
        )
    ),
    'none': dict(schedules=()),
    'lr': dict(lr=0.4),
    'lr without schedule': dict(schedules=(), lr=0.4),
    'rate and schedule': dict(lr=0.4, schedules=changed(end=16)),
}


@pytest.mark.parametrize('name', CHANGES)
def test_rates_go_on_as_if_they_had_always_been_so(name):
    whole = train(make(**CHANGES[name]), 8)
    before = make()
    train(before, 5)
    runner = resume(make(**CHANGES[name]), save(before))
    assert train(runner, 3) == whole[5:]
    (text,) = runner.logger.info.call_args.args
    assert 'in effect from now on: ' in text


def test_settings_of_the_optimizer_take_effect():
    before = make(betas=(0.5, 0.9))
    train(before, 4)
    checkpoint = save(before)
    runner = make(betas=(0.9, 0.99), weight_decay=0.3, eps=1e-3)
    moment = checkpoint['optimizer']['generators']['state'][0]['exp_avg']
    resume(runner, checkpoint)
    (group,) = runner.optim_wrapper['generators'].param_groups
    assert group['betas'] == (0.9, 0.99)
    assert (group['weight_decay'], group['eps']) == (0.3, 1e-3)
    state = runner.optim_wrapper['generators'].optimizer.state
    assert torch.equal(state[runner.weights[0]]['exp_avg'], moment)
    (text,) = runner.logger.info.call_args.args
    assert (
        'optim_wrapper.generators.optimizer.betas from (0.5, 0.9) to '
        '(0.9, 0.99)'
    ) in text


def test_what_did_not_change_is_left_to_the_bit():
    before = make()
    train(before, 5)
    checkpoint = save(before)
    expected = deepcopy(checkpoint)
    runner = make()
    ResumedSettingsHook().after_load_checkpoint(runner, checkpoint)
    for key in ('optimizer', 'param_schedulers'):
        assert str(checkpoint[key]) == str(expected[key])
    runner.logger.info.assert_not_called()


def test_a_second_change_follows_the_first():
    before = make()
    train(before, 3)
    longer = resume(make(**CHANGES['later end']), save(before))
    train(longer, 2)
    last = resume(make(lr=0.4, schedules=changed(end=32)), save(longer))
    whole = train(make(lr=0.4, schedules=changed(end=32)), 8)
    assert train(last, 3) == whole[5:]


@pytest.mark.parametrize(
    ('old', 'new', 'why'),
    [
        ({}, dict(kind=SGD), 'optimizer was Adam and is now SGD'),
        ({}, dict(groups=2), r'groups of \[1\] weights and now has \[1, 1\]'),
        (
            dict(schedules=(PLATEAU,)),
            dict(lr=0.4, schedules=(PLATEAU,)),
            'depends on scores',
        ),
    ],
)
def test_what_cannot_go_on_is_refused_with_a_way_out(old, new, why):
    before = make(**old)
    checkpoint = save(before)
    with pytest.raises(ValueError, match=f'{why}.*load_from=CHECKPOINT'):
        resume(make(**new), checkpoint)
    checkpoint['meta'].pop('optimizers')  # of an earlier version
    with pytest.raises(ValueError, match='load_from=CHECKPOINT'):
        resume(make(**new), checkpoint)


def test_other_optimizers_are_refused():
    checkpoint = save(make())
    checkpoint['optimizer']['discriminators'] = {}
    with pytest.raises(ValueError, match=r'\(generators\) are not those'):
        resume(make(), checkpoint)


def test_a_single_optimizer_may_change_too():
    before, runner = make(), make(lr=0.4)
    train(before, 5)
    checkpoint = save(before)
    for one in (before, runner):
        one.optim_wrapper = one.optim_wrapper['generators']
        one.param_schedulers = one.param_schedulers['generators']
    checkpoint['optimizer'] = checkpoint['optimizer']['generators']
    states = checkpoint['param_schedulers'].pop('generators')
    checkpoint['param_schedulers'] = states
    checkpoint['meta']['optimizers'] = {'': 'Adam'}
    ResumedSettingsHook().after_load_checkpoint(runner, checkpoint)
    (group,) = checkpoint['optimizer']['param_groups']
    assert group['lr'] == pytest.approx(0.4 * 2 / 5)
    assert states[0]['base_values'] == [0.4]


def test_weights_that_only_start_a_training_are_left_alone():
    checkpoint = save(make())
    runner = make(lr=0.4, resume=False)
    ResumedSettingsHook().after_load_checkpoint(runner, checkpoint)
    (group,) = checkpoint['optimizer']['generators']['param_groups']
    assert group['lr'] == 0.1


def warnings_of(runner):
    ResumedSettingsHook().before_train(runner)
    return [call.args[0] for call in runner.logger.warning.call_args_list]


def test_a_schedule_that_is_over_is_warned_of():
    runner = make()
    train(runner, 8)
    runner.max_iters = 20
    (text,) = warnings_of(runner)
    assert (
        'rate of optim_wrapper.generators is 0 from now on to iteration 20'
        in (text)
    )
    for schedules in (
        changed(end_factor=0.1),
        changed(end=16),
        ((ExponentialLR, dict(gamma=0.9)),),
    ):
        runner = make(schedules=schedules)
        train(runner, 8)
        runner.max_iters = 20
        assert warnings_of(runner) == []


def test_a_training_that_is_over_says_so():
    runner = make()
    train(runner, 8)
    (text,) = warnings_of(runner)
    assert 'nothing is left to train. To continue, increase it' in text
    runner._resume = False
    runner.logger.reset_mock()
    assert warnings_of(runner) == []
