"""Faults injected into whole trainings: nothing is lost."""

import json
import math
import os
import signal
import sys
from pathlib import Path

import forks
import pytest
import torch
from full_disk import fill
from mmengine.hooks import Hook
from tiny import CONFIG, ROOT, as_arguments, make_gopro, options
from trainings import assert_equal, build, logged, read, train

from mmasgan.engine import bfloat16_optim_wrapper
from mmasgan.utils.cpu import has_instructions

pytestmark = pytest.mark.filterwarnings('ignore')


@pytest.fixture(scope='module')
def gopro(tmp_path_factory):
    return make_gopro(tmp_path_factory.mktemp('gopro'))


@pytest.fixture(autouse=True)
def _on_cpu(monkeypatch):
    """Train on the CPU, where bits are promised to be equal."""
    monkeypatch.setattr('mmengine.device.utils.DEVICE', 'cpu')


def assert_same_end(left, right, iteration):
    """Assert that two trainings ended in the same state, bit for bit."""
    expected, found = read(left, iteration), read(right, iteration)
    for key in ('state_dict', 'optimizer', 'param_schedulers'):
        assert_equal(expected[key], found[key], key)


@pytest.mark.process
def test_20_kills_while_saving_lose_nothing(gopro, tmp_path):
    changes = {'default_hooks.checkpoint.interval': 1}
    train(gopro, tmp_path / 'whole', 45, **changes)
    values = options(45, tmp_path / 'killed' / 'split.json') | changes
    values['val_cfg'] = None
    values['model.cycle_loss.weights'] = None
    done = forks.run(
        Path(__file__).with_name('killed_trainings.py'),
        *(CONFIG, tmp_path / 'killed', gopro, json.dumps(values), 20),
        cwd=tmp_path,
        limit=900,
    )
    log = tmp_path / 'killed.log'
    assert done.returncode == 0, done.stderr + log.read_text()
    assert int((tmp_path / 'killed.pieces').read_text()) >= 5
    assert not list((tmp_path / 'killed').glob('*.mmasgan-tmp'))
    assert_same_end(tmp_path / 'whole', tmp_path / 'killed', 45)
    assert_equal(
        logged(tmp_path / 'whole'), logged(tmp_path / 'killed'), 'losses'
    )


@pytest.mark.process
def test_a_signal_saves_and_stops_and_nothing_is_lost(gopro, tmp_path):
    """As the other signals, see tests/engine/test_stop_signal_hook.py."""
    train(gopro, tmp_path / 'whole', 40)
    work_dir = tmp_path / 'work'
    values = options(40, tmp_path / 'split.json')
    values['model.cycle_loss.weights'] = None
    command = [ROOT / 'tools' / 'train.py', CONFIG, '--work-dir', work_dir]
    command += ['--data-root', gopro, '--cfg-options', *as_arguments(values)]
    reader, writer = os.pipe()
    env = os.environ | {'CUDA_VISIBLE_DEVICES': ''}
    training = forks.start(command, tmp_path, env, writer)
    os.close(writer)
    with os.fdopen(reader) as lines:
        for line in lines:
            if 'Iter(train)' in line:
                training.send_signal(signal.SIGTERM)
                break
        output = lines.read()
    status = training.wait(timeout=120)
    assert status == 128 + signal.SIGTERM, output
    assert 'SIGTERM: saving a checkpoint, then stopping' in output
    assert 'Traceback' not in output
    (saved,) = work_dir.glob('iter_*.pth')
    assert saved.name != 'iter_40.pth'

    done = forks.run(*command, '--resume', cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert str(saved) in done.stdout + done.stderr
    assert_same_end(tmp_path / 'whole', work_dir, 40)


@pytest.mark.runner
def test_a_damaged_newest_checkpoint_costs_one_interval(
    gopro, tmp_path, caplog
):
    changes = {'default_hooks.checkpoint.interval': 2}
    train(gopro, tmp_path / 'whole', 6, **changes)
    train(gopro, tmp_path / 'cut', 4, **changes)
    newest = tmp_path / 'cut' / 'iter_4.pth'
    content = bytearray(newest.read_bytes())
    weights = next(iter(read(tmp_path / 'cut', 4)['state_dict'].values()))
    content[content.index(bytes(weights.untyped_storage()))] ^= 1
    newest.write_bytes(content)
    runner = train(gopro, tmp_path / 'cut', 6, resume=True, **changes)
    log = Path(runner.log_dir, f'{runner.timestamp}.log').read_text()
    assert f"'{newest}' is damaged" in log
    assert f'{tmp_path}/cut/iter_2.pth' in log
    assert_same_end(tmp_path / 'whole', tmp_path / 'cut', 6)


@pytest.mark.runner
def test_a_full_disk_ends_the_save_and_keeps_the_one_before(
    gopro, tmp_path, monkeypatch
):
    work_dir = tmp_path / 'work'
    fill(monkeypatch, lambda path: path.name.startswith('iter_2.pth'))
    with pytest.raises(OSError, match=r'iter_2\.pth.*No space left on device'):
        train(gopro, work_dir, 2, **{'default_hooks.checkpoint.interval': 1})
    monkeypatch.undo()
    assert [p.name for p in work_dir.glob('iter_*')] == ['iter_1.pth']
    runner = train(gopro, work_dir, 2, resume=True)
    assert runner.iter == 2


class Watch(Hook):
    """Note the resident memory, and each loss that is not finite."""

    def __init__(self):
        self.resident = {}
        self.broken = []

    def after_train_iter(self, runner, batch_idx, data_batch, outputs):
        status = Path('/proc/self/status').read_text()
        line = next(x for x in status.splitlines() if x.startswith('VmRSS'))
        self.resident[batch_idx + 1] = int(line.split()[1])
        self.broken += [
            (batch_idx, name)
            for name, value in outputs.items()
            if not math.isfinite(value)
        ]


@pytest.mark.process
@pytest.mark.skipif(sys.platform != 'linux', reason='reads /proc')
def test_400_iterations_in_bfloat16_stay_finite_and_flat(
    gopro, tmp_path, monkeypatch
):
    monkeypatch.setattr(
        bfloat16_optim_wrapper, 'has_instructions', lambda name: True
    )
    changes = {
        f'optim_wrapper.{side}.type': 'mmasgan.BFloat16OptimWrapper'
        for side in ('generators', 'discriminators')
    }
    changes |= {
        'default_hooks.logger.interval': 100,
        'train_dataloader.dataset.crop_size': 24,
        'param_scheduler.0.begin': 200,
        'param_scheduler.0.end': 400,
    }
    if not has_instructions('bfloat16'):  # VGG alone takes twenty minutes
        cycle_loss = dict(type='mmasgan.PixelCycleLoss', _delete_=True)
        changes['model.cycle_loss'] = cycle_loss
    runner = build(gopro, tmp_path, 400, **changes)
    watch = Watch()
    runner.register_hook(watch)
    runner.train()
    assert watch.broken == []
    assert len(watch.resident) == 400
    assert watch.resident[399] < 1.01 * watch.resident[200]


@pytest.mark.runner
def test_one_switch_leaves_only_deterministic_operations(gopro, tmp_path):
    """PyTorch raises at others; on a CPU there are none anyway."""
    deterministic = {'randomness.deterministic': True}
    try:
        for name in 'ab':
            train(gopro, tmp_path / name, 2, **deterministic)
    finally:
        torch.use_deterministic_algorithms(False)
        torch.backends.cudnn.deterministic = False
    assert_same_end(tmp_path / 'a', tmp_path / 'b', 2)
    assert_equal(logged(tmp_path / 'a'), logged(tmp_path / 'b'), 'losses')


@pytest.mark.runner
def test_a_checkpoint_of_another_row_is_refused(gopro, tmp_path):
    train(
        gopro, tmp_path / 'row', 1, config=ROOT / 'configs/cyclegan_gopro.py'
    )
    checkpoint = tmp_path / 'row' / 'iter_1.pth'
    for changes in ({}, {'resume': True}):
        runner = build(
            gopro, tmp_path / 'other', 1, load_from=str(checkpoint), **changes
        )
        with pytest.raises(ValueError, match='keys are missing') as error:
            runner.train() if changes else runner.test()
        assert f"'{checkpoint}' does not fit" in str(error.value)
        assert 'generators.blur.decoder' in str(error.value)
