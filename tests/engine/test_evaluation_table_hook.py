import logging
import math
from types import SimpleNamespace

import pytest
from mmengine import MessageHub

from mmasgan.engine import EvaluationTableHook
from mmasgan.engine.evaluation_table_hook import format_table, gain

SCORES = {'input/PSNR': 20.0, 'input/SSIM': 0.5, 'PSNR': 21.25, 'SSIM': 0.6}


@pytest.fixture
def metrics():
    return dict(SCORES)  # which a hook adds to


@pytest.fixture
def runner(tmp_path):
    return SimpleNamespace(
        iter=30,
        cfg={'load_from': 'work/iter_30.pth'},
        logger=logging.getLogger('test'),
        log_dir=str(tmp_path),
        message_hub=MessageHub('test'),
    )


def rows(text):
    lines = [line for line in text.splitlines() if '│' in line]
    return [[c.strip() for c in line.split('│')[1:-1]] for line in lines]


def test_the_input_comes_first():
    table = format_table('t', {'PSNR': 20.0}, {'PSNR': 21.25, 'MAE': 1.0})
    assert rows(table) == [
        ['input', '20.0000'],
        ['model', '21.2500'],
        ['gain', '+1.2500'],
    ]


def test_the_metrics_of_a_test_fit_a_terminal():
    names = ['PSNR', 'SSIM', 'SSIM_matlab3d', 'CW_SSIM', 'LPIPS']
    before, after = dict.fromkeys(names, 8.0), dict.fromkeys(names, 10.5)
    table = format_table('t', before, after)
    assert all(name in table for name in names)
    assert max(map(len, table.splitlines())) <= 79
    assert rows(table)[0][1:] == ['8.0000'] * 5
    assert rows(table)[2][1:] == ['+2.5000'] * 4 + ['-2.5000']


@pytest.mark.parametrize(
    ('stage', 'title'),
    [
        ('val', 'validation, iteration 30'),
        ('test', 'test of work/iter_30.pth'),
    ],
)
def test_an_evaluation_is_logged(runner, caplog, metrics, stage, title):
    with caplog.at_level(logging.INFO):
        getattr(EvaluationTableHook(), f'after_{stage}_epoch')(runner, metrics)
    (record,) = caplog.records
    assert title in record.message
    assert rows(record.message)[1] == ['model', '21.2500', '0.6000']


@pytest.mark.parametrize('stage', ['val', 'test'])
def test_gains_become_metrics(runner, metrics, stage):
    getattr(EvaluationTableHook(), f'after_{stage}_epoch')(runner, metrics)
    assert metrics.pop('gain/PSNR') == 1.25
    assert metrics.pop('gain/SSIM') == pytest.approx(0.1)
    assert metrics == SCORES
    logged = runner.message_hub.get_scalar(f'{stage}/gain/PSNR')
    assert logged.current() == 1.25


def test_two_perfect_images_are_equally_good():
    assert gain('PSNR', float('inf'), float('inf')) == 0


@pytest.mark.parametrize(
    ('stage', 'level'), [('val', logging.INFO), ('test', logging.WARNING)]
)
def test_a_model_below_the_input_is_said_to_be(
    runner, caplog, metrics, stage, level
):
    metrics['SSIM'] = 0.4
    with caplog.at_level(logging.INFO):
        getattr(EvaluationTableHook(), f'after_{stage}_epoch')(runner, metrics)
    assert caplog.records[1].levelno == level
    assert 'below the blurred input in SSIM' in caplog.records[1].message


@pytest.mark.parametrize(('distance', 'lines'), [(0.2, 1), (0.4, 2)])
def test_a_distance_is_better_if_it_is_less(
    runner, caplog, metrics, distance, lines
):
    metrics |= {'input/LPIPS': 0.3, 'LPIPS': distance}
    with caplog.at_level(logging.INFO):
        EvaluationTableHook().after_test_epoch(runner, metrics)
    assert len(caplog.records) == lines
    if lines == 2:
        assert 'below the blurred input in LPIPS' in caplog.text


def test_it_says_where_the_pictures_are(runner, caplog, metrics, tmp_path):
    (tmp_path / 'vis_data' / 'vis_image').mkdir(parents=True)
    with caplog.at_level(logging.INFO):
        EvaluationTableHook().after_test_epoch(runner, metrics)
    assert str(tmp_path / 'vis_data' / 'vis_image') in caplog.text


@pytest.mark.parametrize('metrics', [None, {}, {'PSNR': 20.0}])
def test_without_scores_of_the_input_there_is_no_table(
    runner, caplog, metrics
):
    with caplog.at_level(logging.INFO):
        EvaluationTableHook().after_val_epoch(runner, metrics)
    assert not caplog.records
    assert not metrics or metrics == {'PSNR': 20.0}


@pytest.mark.parametrize('stage', ['val', 'test'])
def test_identical_pairs_are_named_and_left_out(runner, caplog, stage):
    scores = {
        'same': (math.inf, 30.0),
        'a': (20.0, 22.0),
        'perfect': (25.0, math.inf),
        'b': (24.0, 25.0),
    }
    metrics = [
        SimpleNamespace(prefix=prefix, results=[])
        for prefix in ('input', None)
    ]
    evaluator = SimpleNamespace(metrics=metrics)
    setattr(runner, f'{stage}_loop', SimpleNamespace(evaluator=evaluator))
    hook = EvaluationTableHook()
    for _ in range(2):  # nothing stays of the evaluation before
        for metric in metrics:
            metric.results.clear()
        getattr(hook, f'before_{stage}_epoch')(runner)
        for number, (name, values) in enumerate(scores.items()):
            for metric, value in zip(metrics, values, strict=True):
                metric.results.append({'PSNR': value})
            getattr(hook, f'after_{stage}_iter')(
                runner, number, outputs=[SimpleNamespace(name=name)]
            )
        found = {'input/PSNR': math.inf, 'PSNR': math.inf, 'other': 1.0}
        caplog.clear()
        getattr(hook, f'after_{stage}_epoch')(runner, found)
    assert found == {
        'input/PSNR': 22.0,
        'PSNR': 23.5,
        'gain/PSNR': 1.5,
        'other': 1.0,
    }
    warning = caplog.records[0].message
    assert 'Excluded from all means: same, perfect. The input or' in warning
