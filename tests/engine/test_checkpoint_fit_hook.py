from types import SimpleNamespace
from unittest.mock import MagicMock

import pytest
import torch
from mmengine.config import Config
from mmengine.runner import BaseLoop

from mmasgan.engine import CheckpointFitHook
from mmasgan.engine.checkpoint_fit_hook import misfits

CONFIG = 'model = dict(generator=dict(norm=True, width=3), type="A")'


def network(width=3, norm=False):
    model = torch.nn.Module()
    model.generators = torch.nn.Sequential(torch.nn.Conv2d(3, width, 1))
    if norm:
        model.generators.append(torch.nn.BatchNorm2d(width))
    return model


def checkpoint(model, config=CONFIG):
    meta = dict(experiment_name='other_20260101_000000', cfg=config)
    return dict(state_dict=model.state_dict(), meta=meta)


@pytest.fixture
def runner():
    return SimpleNamespace(
        model=network(),
        cfg=Config(dict(model=dict(generator=dict(norm=True, width=3)))),
        logger=MagicMock(),
        _resume=False,
        _load_from='iter_7.pth',
        _train_loop={},
    )


def test_what_fits_is_loaded_without_a_word(runner):
    CheckpointFitHook().after_load_checkpoint(runner, checkpoint(network()))
    runner.logger.warning.assert_not_called()


@pytest.mark.parametrize(
    ('model', 'problem'),
    [
        (
            network(width=4),
            '2 keys have another shape: generators.0.bias (4,) instead of '
            '(3,), generators.0.weight (4, 3, 1, 1) instead of (3, 3, 1, 1)',
        ),
        (
            network(norm=True),
            '5 keys are not of this model: generators.1.bias, '
            'generators.1.num_batches_tracked, generators.1.running_mean, '
            'and 2 more',
        ),
        (torch.nn.Module(), '2 keys are missing: generators.0.bias'),
    ],
)
def test_a_test_or_resume_of_another_model_is_refused(runner, model, problem):
    with pytest.raises(ValueError, match='iter_7') as error:
        CheckpointFitHook().after_load_checkpoint(runner, checkpoint(model))
    assert 'made for other_20260101_000000' in str(error.value)
    assert problem in str(error.value)

    runner._train_loop, runner._resume = MagicMock(spec=BaseLoop), True
    with pytest.raises(ValueError, match='does not fit'):
        CheckpointFitHook().after_load_checkpoint(runner, checkpoint(model))


def test_a_training_may_start_from_part_of_another_one(runner):
    runner._train_loop = MagicMock(spec=BaseLoop)
    other = checkpoint(network(width=4))
    CheckpointFitHook().after_load_checkpoint(runner, other)
    (message,) = runner.logger.warning.call_args.args
    assert 'does not fit' in message


def test_settings_that_no_weight_shows_are_named(runner):
    config = CONFIG.replace('norm=True', 'norm=False, clamp="eval"')
    given = checkpoint(network(), config)
    CheckpointFitHook().after_load_checkpoint(runner, given)
    (message,) = runner.logger.warning.call_args.args
    assert message.endswith(
        "generator differs: clamp='eval' there, default here; "
        'norm=False there, True here'
    )


@pytest.mark.parametrize('config', ['', 'x = 1', 'model = None', '('])
def test_bare_weights_and_unreadable_configs_are_no_problem(runner, config):
    CheckpointFitHook().after_load_checkpoint(runner, network().state_dict())
    given = checkpoint(network(), config)
    CheckpointFitHook().after_load_checkpoint(runner, given)
    runner.logger.warning.assert_not_called()


def test_parts_that_only_training_has_do_not_count():
    weight = torch.zeros(1)
    model = {'generators.a': weight, 'pools.x._extra_state': weight}
    state = {'generators.a': weight, 'discriminators.b': weight}
    assert misfits(model, state) == []
