import json
from pathlib import Path

import pytest

from mmasgan.apis.comparison import ComparisonError, Row, job
from mmasgan.apis.comparison.summary import Line, Value, summarise, verdict

ROW = Row('mine', 'Mine', Path('mine.py'))


def result(psnr, ssim=0.5, images=()):
    before = {'input/PSNR': 25.0, 'input/SSIM': 0.5}
    return {
        'metrics': {'PSNR': psnr, 'SSIM': ssim, **before},
        'images': [{'PSNR': p, 'input/PSNR': i} for p, i in images],
    }


def test_mean_and_spread_are_those_by_hand():
    found = Value.of([20.0, 21.0, 25.0])
    assert found.mean == pytest.approx(22.0)
    # deviations -2, -1, 3: 14 over 3 - 1
    assert found.spread == pytest.approx(7**0.5)
    assert Value.of([20.0]) == Value(20.0, None)
    assert Value.of([20.0, 20.0]).spread == 0


def test_a_gain_is_over_the_input():
    line = Line(ROW, (result(26.0), result(28.0)))
    assert line.gains('PSNR') == [1.0, 3.0]
    assert line.gain('PSNR') == Value(2.0, pytest.approx(2**0.5))
    assert line.score('PSNR').mean == 27.0
    assert Line(None, line.results).score('PSNR') == Value(25.0, None)


def test_images_above_are_counted_over_all_seeds():
    one = result(0, images=[(26, 25), (25, 25), (24, 25)])
    two = result(0, images=[(26, 25), (26, 25), (24, 25)])
    assert Line(ROW, (one, two)).images_above() == (3, 6)


@pytest.mark.parametrize(
    ('scores', 'is_below', 'text'),
    [
        ([(24, 0.4)], True, 'below doing nothing'),
        ([(26, 0.6)], False, 'above doing nothing'),
        ([(25, 0.5)], False, 'the same as doing nothing'),
        ([(24.996, 0.5)], True, 'the same as doing nothing'),
        ([(26, 0.4)], False, 'above doing nothing in PSNR, below in SSIM'),
        ([(24, 0.6)], True, 'below doing nothing in PSNR, above in SSIM'),
        ([(22, 0.5), (26, 0.5)], True, 'below doing nothing; seeds disagree'),
        ([(24, 0.5), (28, 0.5)], False, 'above doing nothing; seeds disagree'),
        ([(26, 0.6), (28, 0.6)], False, 'above doing nothing'),
    ],
)
def test_verdicts(scores, is_below, text):
    line = Line(ROW, tuple(result(*pair) for pair in scores))
    assert (line.is_below, verdict(line)) == (is_below, text)


def test_the_input_comes_first_then_the_rows_in_order(finished):
    lines = summarise(finished.plan())
    assert lines[0].row is None
    assert not lines[0].is_below
    assert [line.row.name for line in lines[1:]] == [
        'cyclegan_gopro',
        'ascyclegan_resnet_gopro',
    ]
    assert [r['seed'] for r in lines[2].results] == [0, 1]


def test_what_is_not_done_is_lacking(comparison):
    (comparison.folder(seed=1) / 'result.json').unlink()
    lines = summarise(comparison.plan(seeds=[0, 1, 2]))
    assert [line.lacking for line in lines] == [(), (1, 2), (2,)]
    assert [len(line.results) for line in lines] == [1, 1, 2]


def test_nothing_done_is_an_error(fresh):
    with pytest.raises(ComparisonError, match='nothing has been tested yet'):
        summarise(fresh.plan())


def test_two_inputs_are_an_error(comparison):
    path = comparison.folder(seed=1) / 'result.json'
    changed = json.loads(path.read_text())
    changed['metrics']['input/SSIM'] += 0.01
    job.write_json(path, changed)
    with pytest.raises(ComparisonError, match='SSIM of the blurred input is'):
        summarise(comparison.plan())
