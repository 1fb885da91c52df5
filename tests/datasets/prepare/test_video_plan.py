from itertools import pairwise

import numpy as np
import pytest

from mmasgan.datasets.prepare.scenes import Scene
from mmasgan.datasets.prepare.video_plan import (
    Piece,
    plan_pairs,
    plan_sorted,
    thresholds,
)


def test_pairs_are_means_of_consecutive_frames_and_their_middle():
    pieces = plan_pairs('s', Scene(100, 400))
    blur, sharp = pieces[::2], pieces[1::2]
    assert blur[0].start == 100
    assert 400 - 13 < blur[-1].stop <= 400
    lengths = {piece.stop - piece.start for piece in blur}
    assert lengths == {7, 9, 11, 13}
    for first, second in pairwise(blur):
        assert first.stop == second.start
    for mean, truth in zip(blur, sharp, strict=True):
        assert (mean.domain, truth.domain) == ('blur', 'sharp')
        assert mean.name == truth.name == truth.start
        assert truth.start - mean.start == mean.stop - truth.stop
        assert truth.stop == truth.start + 1
    assert plan_pairs('s', Scene(100, 400)) == pieces


def test_scene_of_few_frames_has_no_pair():
    assert plan_pairs('s', Scene(0, 6)) == []


def test_thresholds_are_quantiles_of_what_a_scene_has():
    # The second scene is twice as detailed, which must not matter.
    scenes = [np.arange(1, 102), 2 * np.arange(1, 102)]
    low, high = thresholds(scenes, 0.3)
    assert (low, high) == pytest.approx((31 / 51, 71 / 51))


def test_frames_that_hardly_differ_are_refused():
    with pytest.raises(ValueError, match='hardly differ in sharpness'):
        thresholds([[5, 5, 5.1, 5, 5.2]], 0.3)


def test_middle_and_neighbours_are_left_out():
    scores = [0.4, 0.4, 0.4, 0.4, 1, 1, 1, 1, 1, 2, 2, 2]
    pieces = plan_sorted('s', Scene(50, 62), scores, (0.5, 1.5), 3)
    assert pieces == [
        Piece('s', 'blur', 50, 51, 50),
        Piece('s', 'blur', 53, 54, 53),
        Piece('s', 'sharp', 59, 60, 59),
    ]
