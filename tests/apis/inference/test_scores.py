from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mmasgan.apis.inference.plan import plan_tasks
from mmasgan.apis.inference.scores import (
    Score,
    Scored,
    find_truths,
    read_truth,
    score_table,
)
from mmasgan.evaluation import functional


@pytest.fixture(autouse=True)
def tree(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ('in/a.jpg', 'in/deep/a.jpg', 'sharp/a.png'):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).touch()
    Path('sharp/deep').mkdir()
    Path('sharp/deep/a.jpg').touch()


def truths(*inputs, place='sharp', out='out'):
    tasks = plan_tasks(inputs, out, overwrite=True)
    found = find_truths(tasks, Path(place))
    return [str(found[task]) for task in tasks if task in found]


def test_a_truth_has_the_name_of_its_photograph():
    assert truths('in') == ['sharp/a.png', 'sharp/deep/a.jpg']
    assert truths('in/deep/a.jpg') == ['sharp/a.png']
    Path('sharp/a.jpg').touch()  # is nearer
    assert truths('in/a.jpg') == ['sharp/a.jpg']


def test_a_file_is_the_truth_of_one():
    assert truths('in/a.jpg', place='sharp/a.png') == ['sharp/a.png']
    with pytest.raises(ValueError, match='one image for 2 photographs'):
        truths('in', place='sharp/a.png')


def test_videos_have_none():
    Path('in/film.mp4').touch()
    assert len(truths('in')) == 2


def test_a_truth_that_is_missing_or_not_the_only_one_is_named():
    with pytest.raises(FileNotFoundError, match="truth 'none' does not"):
        truths('in', place='none')
    Path('sharp/deep/a.jpg').unlink()
    message = r"'in/deep/a\.jpg' has no ground truth 'sharp/deep/a\.jpg'"
    with pytest.raises(FileNotFoundError, match=message):
        truths('in')
    Path('sharp/a.tif').touch()
    with pytest.raises(ValueError, match=r"'sharp/a\.png' or 'sharp/a\.tif'"):
        truths('in/a.jpg')


def test_a_truth_is_never_replaced():
    with pytest.raises(FileExistsError, match=r"'sharp/deep/a\.jpg' is a gro"):
        truths('in', out='sharp')


def test_a_truth_is_read_as_8_bits_and_has_the_size():
    deep = np.random.default_rng(0).integers(0, 65536, (20, 30), np.uint16)
    Image.fromarray(deep).save('deep.png')
    expected = np.rint(deep / 257).astype(np.uint8)
    found = read_truth(Path('deep.png'), 'a.jpg', (20, 30, 3))
    np.testing.assert_array_equal(found, np.dstack([expected] * 3))
    message = (
        r"'a\.jpg' has 20x30 pixels, but its ground truth 'deep\.png' 30x20;"
    )
    with pytest.raises(ValueError, match=message):
        read_truth(Path('deep.png'), 'a.jpg', (30, 20, 3))


def test_scores_are_those_of_the_evaluation():
    draw = np.random.default_rng(0)
    x, y = draw.integers(0, 256, (2, 24, 20, 3), np.uint8)
    assert Score.of(x, y) == (
        functional.psnr(x, y),
        functional.ssim_wang_rgb(x, y),
    )


def test_the_table_begins_with_doing_nothing_and_ends_with_the_mean():
    scores = [
        Scored('a.png', Score(20, 0.5), Score(22, 0.75)),
        Scored('b.png', Score(30, 0.7), Score(31.5, 0.85)),
    ]
    assert score_table(scores).splitlines() == [
        '                          PSNR    SSIM',
        'a.png',
        '  input (do nothing)     20.00  0.5000',
        '  output                 22.00  0.7500',
        'b.png',
        '  input (do nothing)     30.00  0.7000',
        '  output                 31.50  0.8500',
        'mean of 2',
        '  input (do nothing)     25.00  0.6000',
        '  output                 26.75  0.8000',
    ]
    assert 'mean' not in score_table(scores[:1])


def test_what_deblurred_nothing_is_told():
    worse = Scored('a.png', Score(20, 0.5), Score(19.9, 0.6))
    assert 'nothing was deblurred' in score_table([worse])
    equal = Scored('a.png', Score(20, 0.5), Score(20, 0.5))
    assert 'nothing was deblurred' not in score_table([equal])
    perfect = Score(float('inf'), 1)
    assert 'inf' in score_table([Scored('a.png', perfect, perfect)])
