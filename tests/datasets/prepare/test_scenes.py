import numpy as np
import pytest

from mmasgan.datasets.prepare.scenes import (
    Scene,
    assign_domains,
    cut_into_scenes,
    is_cut,
    thumbnail,
)


def test_cut_is_seen_and_motion_is_not(scenes):
    first, moved = (thumbnail(scenes(0, shift=i)) for i in (0, 3))
    assert first.shape == (18, 32, 3)
    assert not is_cut(first, moved)
    assert is_cut(first, thumbnail(scenes(1)))
    # Bytes must not wrap.
    assert not is_cut(np.full_like(first, 255), np.full_like(first, 250))


def test_video_without_cuts_is_one_scene():
    assert cut_into_scenes(90, [], 30, None) == [Scene(0, 90)]


def test_scenes_begin_at_cuts():
    assert cut_into_scenes(90, [30, 31], 30, None) == [
        Scene(0, 30),
        Scene(30, 31),
        Scene(31, 90),
    ]


def test_long_scenes_are_divided_with_a_gap():
    assert cut_into_scenes(1000, [700], 10, 30) == [
        Scene(0, 345),
        Scene(355, 700),
        Scene(700, 1000),
    ]


@pytest.mark.parametrize(
    ('counts', 'blur', 'sharp'),
    [
        ({'a': (3, 3), 'b': (3, 3)}, ['a'], ['b']),
        ({'a': (0, 5), 'b': (4, 1)}, ['b'], ['a']),
        ({'a': (2, 2), 'b': (2, 2), 'c': (4, 4)}, ['a', 'b'], ['c']),
        ({'a': (5, 0), 'b': (5, 0), 'c': (2, 3)}, ['a', 'b'], ['c']),
        ({'a': (5, 1)}, [], []),
        ({'a': (5, 0), 'b': (1, 0)}, [], []),
        ({}, [], []),
    ],
)
def test_domains_are_filled_as_evenly_as_can_be(counts, blur, sharp):
    assert assign_domains(counts) == (blur, sharp)
