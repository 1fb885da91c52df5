import json
import logging
import uuid
from types import SimpleNamespace

import pytest
import torch
from mmengine import MessageHub
from mmengine.runner import Runner
from tiny import CONFIG, make_gopro, options
from torch import nn

from mmasgan.apis import load_config
from mmasgan.evaluation import InferenceCostHook


class Clock:
    """A clock that stands still unless told otherwise."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


class Model(nn.Module):
    """Takes as many seconds as the batch says, and makes its images."""

    def __init__(self, clock, device='cpu'):
        super().__init__()
        self.clock = clock
        self.weight = nn.Parameter(torch.zeros(2, device=device))

    def test_step(self, data):
        seconds, *sizes = data
        self.clock.now += seconds
        return [
            SimpleNamespace(
                output=SimpleNamespace(pred_img=torch.zeros(3, *size))
            )
            for size in sizes
        ]


@pytest.fixture
def runner(tmp_path):
    return SimpleNamespace(
        model=Model(Clock()),
        logger=logging.getLogger('test'),
        message_hub=MessageHub.get_instance(uuid.uuid4().hex),
    )


def run(runner, batches, **kwargs):
    """Run a test whose metrics take a minute a batch."""
    hook = InferenceCostHook(**kwargs)
    hook._now = runner.model.clock
    metrics = {'PSNR': 30.0}
    hook.before_test(runner)
    for batch in batches:
        samples = runner.model.test_step(batch)
        assert len(samples) == len(batch) - 1
        runner.model.clock.now += 60
    hook.after_test_epoch(runner, metrics)
    hook.after_test(runner)
    return metrics


SIZE = (72, 128)


@pytest.mark.parametrize(
    ('warmup', 'seconds'), [(0, 2.5), (1, 2), (2, 2.5), (3, 3), (9, 3)]
)
def test_the_median_after_warmup_without_the_metrics(runner, warmup, seconds):
    batches = [(9, SIZE), (1, SIZE), (2, SIZE), (3, SIZE)]
    metrics = run(runner, batches, warmup=warmup)
    assert metrics['seconds_per_image'] == pytest.approx(seconds)
    assert metrics['PSNR'] == 30
    logged = runner.message_hub.get_scalar('test/seconds_per_image')
    assert logged.current() == pytest.approx(seconds)


def test_an_image_has_its_share_of_a_batch(runner):
    metrics = run(runner, [(8, SIZE, SIZE), (3, SIZE)], warmup=0)
    assert metrics['seconds_per_image'] == pytest.approx(4)


def test_one_line_says_what_was_measured(runner, caplog):
    with caplog.at_level(logging.INFO):
        run(runner, [(1, SIZE), (1, SIZE), (0.5, SIZE), (0.5, (40, 30))])
    (record,) = caplog.records
    assert record.message.startswith(
        'Deblurring took 0.5000 s per image (128x72, 30x40; cpu, '
    )
    assert 'median of 2 after 2 to warm up; one direction' in record.message
    assert record.message.endswith('GB resident, for the whole process.')


def test_memory_is_that_of_this_process(runner):
    gigabytes = run(runner, [(1, SIZE)])['peak_memory_gb']
    assert 0.1 < gigabytes < 64  # PyTorch alone is more than 0.1


@pytest.mark.skipif(not torch.cuda.is_available(), reason='needs a GPU')
def test_memory_of_a_gpu_is_what_was_allocated(runner, caplog):
    runner.model.cuda()
    hook = InferenceCostHook()
    hook.before_test(runner)
    before = torch.cuda.memory_allocated()
    image = torch.zeros(3, *SIZE, device='cuda')
    runner.model.test_step((1, SIZE))
    metrics = {}
    with caplog.at_level(logging.INFO):
        hook.after_test_epoch(runner, metrics)
    expected = (before + image.nbytes) / 1e9
    assert metrics['peak_memory_gb'] == pytest.approx(expected, rel=0.01)
    assert torch.cuda.get_device_name() in caplog.text


def test_the_model_is_left_as_found(runner):
    before = dict(vars(runner.model))
    run(runner, [(1, SIZE)])
    assert vars(runner.model) == before


def test_a_test_that_failed_is_not_measured_with_the_next(runner):
    hook = InferenceCostHook()
    hook.before_test(runner)
    with pytest.raises(TypeError):
        runner.model.test_step(None)
    metrics = run(runner, [(1, SIZE)])
    assert metrics['seconds_per_image'] == pytest.approx(1)


def test_without_images_nothing_is_said(runner, caplog):
    with caplog.at_level(logging.INFO):
        assert run(runner, []) == {'PSNR': 30}
    assert not caplog.records


def test_negative_warmup_is_refused():
    with pytest.raises(ValueError, match='warmup must be at least 0, got -1'):
        InferenceCostHook(warmup=-1)


@pytest.mark.runner
@pytest.mark.filterwarnings('ignore')
def test_a_whole_test_of_the_flagship(tmp_path):
    """The hook and all metrics in MMagic's own loop."""
    gopro = make_gopro(tmp_path / 'gopro')
    values = options(2, tmp_path / 'split.json')
    cfg = load_config(CONFIG, str(tmp_path), str(gopro), values)
    cfg.model.cycle_loss.weights = None
    cfg.experiment_name = uuid.uuid4().hex
    runner = Runner.from_cfg(cfg)
    runner.test()
    (scores,) = tmp_path.glob('*/*.json')
    scores = json.loads(scores.read_text())
    names = {'PSNR', 'SSIM', 'SSIM_matlab3d', 'CW_SSIM'}
    costs = {'seconds_per_image', 'peak_memory_gb'}
    of_names = {f'{what}/{n}' for what in ('input', 'gain') for n in names}
    expected = names | of_names | costs
    assert scores.keys() - {'time', 'data_time'} == expected
    assert 0 < scores['seconds_per_image'] < 10
    (log,) = tmp_path.glob('*/*.log')
    assert 'Deblurring took' in log.read_text()
    assert 'test_step' not in vars(runner.model)
