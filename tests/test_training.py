"""Whole trainings, through the runner and through the tools."""

import csv
import math
import shutil
from pathlib import Path

import pytest
import torch
from mmengine.runner import load_checkpoint
from tiny import ROOT, make_gopro
from trainings import assert_equal, build, logged, read, train

from mmasgan.semantic import TorchvisionPrior, compute_maps

DRAW = 'mmasgan.engine.progress_hook.draw_progress'

pytestmark = [pytest.mark.process, pytest.mark.filterwarnings('ignore')]


@pytest.fixture
def on_cpu(monkeypatch):
    """Train on the CPU, where bits are promised to be equal."""
    monkeypatch.setattr('mmengine.device.utils.DEVICE', 'cpu')


@pytest.fixture(scope='module')
def gopro(tmp_path_factory):
    return make_gopro(tmp_path_factory.mktemp('gopro'))


@pytest.fixture(scope='module')
def whole(gopro, tmp_path_factory):
    """Eight iterations without a stop, on the CPU and without workers."""
    folder = tmp_path_factory.mktemp('whole')
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr('mmengine.device.utils.DEVICE', 'cpu')
        train(gopro, folder, 8)
    return folder


@pytest.mark.parametrize('workers', [0, 2])
def test_a_resumed_training_equals_one_that_never_stopped(
    on_cpu, gopro, whole, tmp_path, workers
):
    """With any number of workers."""
    halves = tmp_path / 'halves'
    train(gopro, halves, 4, workers=workers)
    train(gopro, halves, 8, workers=workers, resume=True)

    expected, found = read(whole, 8), read(halves, 8)
    assert expected['meta']['iter'] == found['meta']['iter'] == 8
    for key in ('state_dict', 'optimizer', 'param_schedulers'):
        assert_equal(expected[key], found[key], key)
    for domain in ('sharp', 'blur'):  # the pools were full, and compared
        pool = found['state_dict'][f'pools.{domain}._extra_state']
        assert pool.shape == (2, 3, 32, 32)
    assert_equal(logged(whole), logged(halves), 'losses')
    assert sorted(logged(halves)) == list(range(1, 9))


def test_a_resumed_training_takes_changed_settings(gopro, tmp_path):
    """A schedule that is over is made longer; rate and batch change."""
    train(gopro, tmp_path, 2, **{'param_scheduler.0.end': 3})
    changes = {
        'param_scheduler.0.end': 6,
        'optim_wrapper.generators.optimizer.lr': 3e-4,
        'train_dataloader.batch_size': 2,
    }
    runner = train(gopro, tmp_path, 4, resume=True, **changes)
    log = Path(runner.log_dir, f'{runner.timestamp}.log').read_text()
    assert 'optim_wrapper.generators.optimizer.lr from 0.0001 to 0.0003' in log
    for name, rate in (('generators', 3e-4), ('discriminators', 1e-4)):
        (group,) = read(tmp_path, 4)['optimizer'][name]['param_groups']
        assert group['lr'] == pytest.approx(rate / 3)  # 2 of 3 steps are done
    assert read(tmp_path, 4)['message_hub']['runtime_info'][
        'samples_drawn'
    ] == (2 + 2 * 2)


def test_the_resumed_recipe_equals_one_that_never_stopped(
    on_cpu, gopro, tmp_path
):
    """With the motions that are drawn and read, and images kept in memory."""
    changes = {
        'config': ROOT / 'configs' / 'ascyclegan_plus_unet_small_gopro.py',
        'train_dataloader.batch_size': 3,
    }
    whole, halves = tmp_path / 'whole', tmp_path / 'halves'
    train(gopro, whole, 6, **changes)
    train(gopro, halves, 3, **changes)
    train(gopro, halves, 6, resume=True, **changes)

    expected, found = read(whole, 6), read(halves, 6)
    for key in ('state_dict', 'optimizer', 'param_schedulers'):
        assert_equal(expected[key], found[key], key)
    reader = 'generators.blur.motion_network.trunk.stem.weight'
    assert reader in found['state_dict']
    assert_equal(logged(whole), logged(halves), 'losses')
    assert {*logged(halves)[6]} == {'loss_cycle_reblur'}


@pytest.mark.parametrize('row', ['deblurgan_comb_gopro', 'deblurganv2_gopro'])
def test_a_resumed_paired_training_equals_one_that_never_stopped(
    on_cpu, gopro, tmp_path, row
):
    """With the end of the warm-up in the resumed part."""
    changes = {'config': ROOT / 'configs' / f'{row}.py'}
    if row == 'deblurganv2_gopro':
        changes['model.warmup_iters'] = 3
    whole, halves = tmp_path / 'whole', tmp_path / 'halves'
    train(gopro, whole, 4, **changes)
    train(gopro, halves, 2, **changes)
    train(gopro, halves, 4, resume=True, **changes)

    expected, found = read(whole, 4), read(halves, 4)
    for key in ('state_dict', 'optimizer', 'param_schedulers'):
        assert_equal(expected[key], found[key], key)
    assert_equal(logged(whole), logged(halves), 'losses')
    assert sorted(logged(halves)) == [1, 2, 3, 4]


def test_training_validates_and_draws(gopro, tmp_path, caplog):
    runner = train(
        gopro, tmp_path, 2, **{'default_hooks.visualization.interval': 1}
    )
    pictures = list(Path(runner.log_dir, 'vis_data', 'vis_image').iterdir())
    assert len(pictures) == 6
    assert list(Path(runner.log_dir, 'vis_data').glob('events.out.*'))
    log = Path(runner.log_dir, f'{runner.timestamp}.log').read_text()
    assert log.index('│ input │') < log.index('│ model │')
    assert 'eta: ' in log


def gains(runner):
    """Return the gains in ``gains.csv``, by iteration and image."""
    text = Path(runner.log_dir, 'gains.csv').read_text()
    return {
        (int(row['iteration']), row['image']): float(row['gain/PSNR'])
        for row in csv.DictReader(text.splitlines())
    }


def test_a_resumed_training_shows_all_of_its_progress(
    on_cpu, gopro, tmp_path, monkeypatch
):
    """With the validation that came after the checkpoint was saved."""
    changes = {'train_cfg.val_interval': 1}
    with monkeypatch.context() as patch:
        patch.setattr(DRAW, lambda *_: b'')
        whole = train(gopro, tmp_path / 'whole', 3, **changes)
        train(gopro, tmp_path / 'halves', 2, **changes)
    runner = train(gopro, tmp_path / 'halves', 3, resume=True, **changes)

    found = gains(runner)
    assert found == gains(whole)
    assert len(found) == 3 * 6
    assert Path(runner.log_dir, 'progress.png').stat().st_size > 10_000
    last = [value for (iteration, _), value in found.items() if iteration == 3]
    logged_gain = runner.message_hub.get_scalar('val/gain/PSNR').current()
    assert sum(last) / 6 == pytest.approx(logged_gain, abs=1e-4)
    accuracy = runner.message_hub.get_scalar(
        'train/discriminator_accuracy_deblur'
    ).data[0]
    assert len(accuracy) == 3
    assert 0 <= accuracy.min() <= accuracy.max() <= 1


def test_the_best_checkpoint_is_that_of_the_highest_gain(
    gopro, tmp_path, monkeypatch
):
    monkeypatch.setattr(DRAW, lambda *_: b'')
    runner = train(
        gopro,
        tmp_path,
        3,
        **{
            'train_cfg.val_interval': 1,
            'default_hooks.checkpoint.save_best': 'gain/PSNR',
            # So that it gets worse: the best is not the last.
            'optim_wrapper.generators.optimizer.lr': 0.02,
        },
    )
    found = gains(runner)
    means = [
        sum(v for (step, _), v in found.items() if step == k) / 6
        for k in (1, 2, 3)
    ]
    best = means.index(max(means)) + 1
    assert best < 3
    (path,) = tmp_path.glob('best_*.pth')
    assert path.name == f'best_gain_PSNR_iter_{best}.pth'
    score = runner.message_hub.get_info('best_score')
    assert score == pytest.approx(max(means), abs=1e-4)


def test_a_seed_decides_a_training(on_cpu, gopro, whole, tmp_path):
    first = {step: logged(whole)[step] for step in (1, 2)}
    for seed in (0, 2):
        work_dir = tmp_path / f'{seed}'
        train(gopro, work_dir, 2, **{'randomness.seed': seed})
        assert (logged(work_dir) == first) == (seed == 0)


def test_a_broken_loss_names_the_files(gopro, tmp_path):
    with pytest.raises(FloatingPointError) as caught:
        train(gopro, tmp_path, 3, **{'model.identity_loss.loss_weight': 1e39})
    message = str(caught.value)
    assert 'iteration 0: loss_identity_deblur, loss_identity_reblur' in message
    assert message.count(str(gopro)) == 2


ROWS = sorted((ROOT / 'configs').glob('*_gopro.py'))


@pytest.mark.parametrize('config', ROWS, ids=lambda path: path.stem)
def test_every_row_trains_validates_resumes_and_tests(gopro, tmp_path, config):
    train(gopro, tmp_path, 2, config=config)
    validate = {'train_cfg.val_interval': 3}
    runner = train(gopro, tmp_path, 3, config=config, resume=True, **validate)
    losses = logged(tmp_path)
    assert sorted(losses) == [1, 2, 3]
    assert all(
        math.isfinite(v) for step in losses.values() for v in step.values()
    )
    assert runner.iter == 3

    tester = build(
        gopro, tmp_path, 3, config=config, load_from=f'{tmp_path}/iter_3.pth'
    )
    tester.test()
    log = Path(tester.log_dir, f'{tester.timestamp}.log').read_text()
    assert f'test of {tmp_path}/iter_3.pth' in log
    assert log.index('│ input │') < log.index('│ model │')


def test_training_sees_the_maps_that_were_computed(gopro, tmp_path, recwarn):
    data = tmp_path / 'data'
    shutil.copytree(gopro, data)
    compute_maps(data, TorchvisionPrior(weights=None), 'net')
    config = ROOT / 'configs' / 'ablation' / 'ascyclegan_semantic_gopro.py'
    runner = build(data, tmp_path, 2, config=config)
    seen = []
    runner.model.generators['sharp'].condition.register_forward_hook(
        lambda _, inputs, output: seen.append(inputs[0])
    )
    runner.train()
    assert not any('semantic map' in str(w.message) for w in recwarn)
    assert {maps.shape[1:] for maps in seen} >= {(8, 32, 32)}
    for maps in seen:
        torch.testing.assert_close(
            maps.sum(1), torch.ones_like(maps[:, 0]), atol=1e-5, rtol=0
        )
        assert maps.std() > 0.01  # uniform ones have none


def test_a_checkpoint_loads_into_a_bare_model(on_cpu, gopro, tmp_path):
    runner = train(gopro, tmp_path, 1)
    trained = runner.model.state_dict()
    fresh = train(gopro, tmp_path / 'other', 1, **{'randomness.seed': 5}).model
    load_checkpoint(fresh, str(tmp_path / 'iter_1.pth'), strict=True)
    assert_equal(dict(trained), dict(fresh.state_dict()), 'state')
