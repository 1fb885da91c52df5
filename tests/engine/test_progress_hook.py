import csv
import errno
import logging
import math
from pathlib import Path
from types import SimpleNamespace

import pytest
from mmengine import MessageHub

from mmasgan.engine import ProgressHook, progress_hook
from mmasgan.engine.evaluation_table_hook import image_scores

LESS = {'a': 24.0, 'b': 19.0}  # of inputs with 25 and 20
MORE = {'a': 26.0, 'b': 21.5}


class Runner(SimpleNamespace):
    """Only what the hook asks for."""

    def __init__(self, work_dir, name, hub=None, iteration=0):
        metrics = [
            SimpleNamespace(prefix=prefix, results=[])
            for prefix in ('input', None)
        ]
        super().__init__(
            work_dir=str(work_dir),
            log_dir=str(work_dir / name),
            message_hub=hub or MessageHub(name),
            iter=iteration,
            max_iters=100,
            logger=logging.getLogger('test'),
            val_loop=SimpleNamespace(
                evaluator=SimpleNamespace(metrics=metrics)
            ),
        )

    def validate(self, hook, iteration, scores):
        """Show a hook the validation of a model with these PSNRs."""
        self.iter = iteration
        before, after = self.val_loop.evaluator.metrics
        before.results, after.results = [], []
        hook.before_val_epoch(self)
        for index, (name, psnr) in enumerate(scores.items()):
            known = math.inf if name == 'same' else 25.0 - 5 * index
            before.results.append({'PSNR': known})
            after.results.append({'PSNR': psnr})
            sample = SimpleNamespace(name=name)
            hook.after_val_iter(self, index, outputs=[sample])
        hook.after_val_epoch(self, {})

    def table(self):
        text = Path(self.log_dir, 'gains.csv').read_text()
        return [
            (int(row['iteration']), row['image'], float(row['gain/PSNR']))
            for row in csv.DictReader(text.splitlines())
        ]


@pytest.fixture
def drawn():
    """Draw pictures, which takes longer than the rest of a test."""


@pytest.fixture(autouse=True)
def _undrawn(request, monkeypatch):
    if 'drawn' not in request.fixturenames:
        monkeypatch.setattr(progress_hook, 'draw_progress', lambda *_: b'')


@pytest.fixture
def trained(tmp_path):
    """A training with validations at 10 and 20, and its hook."""
    runner, hook = Runner(tmp_path, 'first'), ProgressHook()
    hook.before_train(runner)
    runner.validate(hook, 10, LESS)
    runner.validate(hook, 20, MORE)
    return runner, hook


ROWS = [(10, 'a', -1), (10, 'b', -1), (20, 'a', 1), (20, 'b', 1.5)]


def test_a_validation_writes_picture_and_table(drawn, trained):
    runner, _ = trained
    assert runner.table() == ROWS
    assert Path(runner.log_dir, 'progress.png').stat().st_size > 10_000
    assert len(list(Path(runner.log_dir).iterdir())) == 2


def test_an_identical_pair_is_in_no_mean(tmp_path, caplog):
    runner, hook = Runner(tmp_path, 'same'), ProgressHook()
    hook.before_train(runner)
    runner.validate(hook, 20, LESS | {'same': 30.0})
    assert runner.table() == [(20, 'a', -1), (20, 'b', -1)]
    (warning,) = [
        r.message
        for r in caplog.records
        if 'worse than its input' in r.message
    ]
    assert 'Its PSNR is 21.50 dB, 1.00 dB below that of the blurred' in warning
    assert 'nan' not in warning


def test_the_picture_shows_what_the_steps_returned(tmp_path, monkeypatch):
    runner, hook = Runner(tmp_path, 'curves'), ProgressHook()
    seen = []
    monkeypatch.setattr(
        progress_hook,
        'draw_progress',
        lambda _, curves: seen.append(curves) or b'',
    )
    for name in (
        'train/loss_gan_deblur',
        'train/discriminator_accuracy_deblur',
        'train/time',
        'val/PSNR',
    ):
        runner.message_hub.update_scalar(name, 1.0)
        runner.message_hub.update_scalar(name, 3.0)
    hook.before_train(runner)
    runner.validate(hook, 2, LESS)
    (curves,) = seen
    assert {name: list(values) for name, values in curves.items()} == {
        'loss_gan_deblur': [1, 3],
        'discriminator_accuracy_deblur': [1, 3],
    }


def test_a_resumed_training_keeps_what_it_has_done(trained, tmp_path):
    """Also the validation that came after the checkpoint was saved."""
    hub = trained[0].message_hub  # part of the checkpoint
    runner, hook = Runner(tmp_path, 'second', hub, 20), ProgressHook()
    hook.before_train(runner)
    assert runner.table() == ROWS
    runner.validate(hook, 30, LESS)
    assert runner.table() == [*ROWS, (30, 'a', -1), (30, 'b', -1)]


def test_what_is_done_again_is_forgotten(trained, tmp_path):
    hub = trained[0].message_hub
    runner, hook = Runner(tmp_path, 'second', hub, 15), ProgressHook()
    hook.before_train(runner)
    assert runner.table() == ROWS[:2]


def test_another_training_in_the_folder_starts_anew(trained, tmp_path):
    runner, hook = Runner(tmp_path, 'second'), ProgressHook()
    hook.before_train(runner)
    runner.validate(hook, 30, LESS)
    assert runner.table() == [(30, 'a', -1), (30, 'b', -1)]


def test_outside_a_training_nothing_is_written(tmp_path):
    runner, hook = Runner(tmp_path, 'only'), ProgressHook()
    runner.validate(hook, 0, MORE)
    assert not Path(runner.log_dir).exists()


@pytest.mark.parametrize('entry', [{'SSIM': 0.5}, 0.5, None])
def test_without_psnr_of_the_input_nothing_is_written(tmp_path, entry):
    runner, hook = Runner(tmp_path, 'lacking'), ProgressHook()
    hook.before_train(runner)
    before, after = runner.val_loop.evaluator.metrics
    before.results = [] if entry is None else [entry]
    after.results = [{'PSNR': 25.0}]
    hook.before_val_epoch(runner)
    hook.after_val_iter(runner, 0, outputs=[SimpleNamespace(name='a')])
    hook.after_val_epoch(runner, {})
    assert not Path(runner.log_dir).exists()


def validate(tmp_path, iteration, scores, warmup=None):
    """Show a new hook one validation of a training."""
    runner, hook = Runner(tmp_path, 'w'), ProgressHook(warmup)
    hook.before_train(runner)
    runner.validate(hook, iteration, scores)


@pytest.mark.parametrize(
    ('warmup', 'iteration', 'scores', 'warns'),
    [
        (None, 9, LESS, False),  # of 100
        (None, 10, LESS, True),
        (None, 10, MORE, False),
        (50, 49, LESS, False),
        (50, 50, LESS, True),
        (0, 1, {'a': 30.0, 'b': 19.0}, False),  # by the mean
        (0, 1, {'a': 25.5, 'b': 17.0}, True),
        (None, 9, {'a': 25.0, 'b': 20.0}, False),
        (None, 10, {'a': 25.0, 'b': 20.004}, True),
        (None, 10, {'a': 25.0, 'b': 20.006}, False),
    ],
)
def test_harm_is_warned_of_after_the_warm_up(
    tmp_path, caplog, warmup, iteration, scores, warns
):
    validate(tmp_path, iteration, scores, warmup)
    found = [r for r in caplog.records if r.levelno == logging.WARNING]
    assert len(found) == warns


def test_the_warning_has_numbers_and_a_way_out(tmp_path, caplog):
    validate(tmp_path, 20, {'a': 25.5, 'b': 17.0})
    assert 'Iteration 20' in caplog.text
    assert 'PSNR is 21.25 dB, 1.25 dB below' in caplog.text
    assert 'blurred input, 22.50 dB; 1 of 2 images' in caplog.text
    assert 'docs/results.md' in caplog.text


def test_a_model_that_returns_its_input_is_told(tmp_path, caplog):
    validate(tmp_path, 20, {'a': 25.0, 'b': 20.004})
    assert 'Iteration 20: the model returns its input' in caplog.text
    assert '--load-from' in caplog.text


def test_a_full_disk_stops_no_training(tmp_path, caplog, monkeypatch):
    def fail(*_):
        raise OSError(errno.ENOSPC, 'No space left on device')

    monkeypatch.setattr(progress_hook, 'write_atomically', fail)
    runner, hook = Runner(tmp_path, 'full'), ProgressHook()
    hook.before_train(runner)
    runner.validate(hook, 20, MORE)
    assert 'No space left' in caplog.text


def test_the_images_of_all_ranks_are_kept_once(tmp_path, monkeypatch):
    other = {'b': {'gain/PSNR': -1.0, 'input/PSNR': 20.0}}
    monkeypatch.setattr(
        progress_hook, 'all_gather_object', lambda mine: [mine, other]
    )
    runner, hook = Runner(tmp_path, 'ranks'), ProgressHook()
    hook.before_train(runner)
    runner.validate(hook, 10, LESS)
    assert runner.table() == [(10, 'a', -1), (10, 'b', -1)]


def test_scores_are_of_the_newest_images():
    entries = [{'PSNR': 1.0}, {'PSNR': 2.0}, {'PSNR': 3.0}]
    evaluator = SimpleNamespace(
        metrics=[
            SimpleNamespace(prefix=None, results=entries),
            SimpleNamespace(prefix='input', results=entries[::-1]),
        ]
    )
    samples = [SimpleNamespace(name='b'), SimpleNamespace(name='c')]
    assert image_scores(evaluator, samples) == [
        ('b', {'PSNR': 2.0, 'input/PSNR': 2.0}),
        ('c', {'PSNR': 3.0, 'input/PSNR': 1.0}),
    ]
