import json
import re

import pytest

from mmasgan.datasets import gopro_split
from mmasgan.datasets.gopro_layout import GoProSubset
from mmasgan.datasets.gopro_split import obtain_split, split_images

FIVE = dict.fromkeys('abcde', 1)


@pytest.fixture
def five(make_nested):
    return GoProSubset(make_nested(FIVE), 'train')


def write(path, **content):
    path.write_text(
        json.dumps({'mode': 'disjoint', 'subset': 'train', **content})
    )
    return path


def test_halves_are_disjoint_whole_and_as_equal_as_can_be(five):
    for seed in range(5):
        split = obtain_split(five, 'disjoint', seed)
        assert (len(split.blur), len(split.sharp)) == (3, 2)
        assert sorted(split.blur + split.sharp) == [
            f'train/{name}' for name in 'abcde'
        ]


def test_halves_follow_the_seed(five):
    draws = [obtain_split(five, 'disjoint', seed) for seed in (0, 0, 1, 2)]
    assert draws[0] == draws[1]
    assert len({split.blur for split in draws}) > 1


def test_shuffled_takes_everything_twice(five):
    split = obtain_split(five, 'shuffled', 0)
    assert split.blur == split.sharp
    blur, sharp = split_images(five, split, 'blur')
    assert len(blur) == len(sharp) == 5


def test_split_is_written_readably_and_used_again(five, tmp_path):
    path = tmp_path / 'work' / 'split.json'
    split = obtain_split(five, 'disjoint', 3, path)
    assert json.loads(path.read_text()) == {
        'mode': 'disjoint',
        'seed': 3,
        'subset': 'train',
        'blur': list(split.blur),
        'sharp': list(split.sharp),
    }
    assert [p.name for p in path.parent.iterdir()] == ['split.json']
    before = path.stat().st_mtime_ns
    assert obtain_split(five, 'disjoint', 3, path) == split
    assert path.stat().st_mtime_ns == before


def test_only_the_first_process_writes(five, tmp_path, monkeypatch):
    monkeypatch.setattr(gopro_split, 'is_main_process', lambda: False)
    split = obtain_split(five, 'disjoint', 0, tmp_path / 'split.json')
    assert not (tmp_path / 'split.json').exists()
    assert split == obtain_split(five, 'disjoint', 0)


def test_file_made_by_hand_may_name_images_and_needs_no_seed(five, tmp_path):
    path = write(
        tmp_path / 's.json',
        blur=['train/a/blur/000000.png', 'train/c'],
        sharp=['train/b'],
    )
    split = obtain_split(five, 'disjoint', 7, path)
    blur, sharp = split_images(five, split, 'blur')
    assert [i.sequence for i in blur] == ['a', 'c']
    assert [i.path for i in sharp] == ['train/b/sharp/000000.png']


def test_a_byte_order_mark_is_no_fault(five, tmp_path):
    path = write(tmp_path / 's.json', blur=['train/a'], sharp=['train/b'])
    expected = obtain_split(five, 'disjoint', 0, path)
    path.write_bytes(b'\xef\xbb\xbf' + path.read_bytes())
    assert obtain_split(five, 'disjoint', 0, path) == expected


@pytest.mark.parametrize(
    ('blur', 'sharp'),
    [
        (['train/a', 'train/b'], ['train/b']),
        (['train/b/blur/000000.png'], ['train/b/sharp/000000.png']),
    ],
)
def test_overlap_is_refused(five, tmp_path, blur, sharp):
    path = write(tmp_path / 's.json', blur=blur, sharp=sharp)
    split = obtain_split(five, 'disjoint', 0, path)
    with pytest.raises(ValueError, match="leaks: sequence 'b' is in both dom"):
        split_images(five, split, 'blur')


@pytest.mark.parametrize('name', ['train/z', 'test/a', 'train/a/blur/9.png'])
def test_unknown_names_are_refused(five, tmp_path, name):
    path = write(tmp_path / 's.json', blur=[name], sharp=['train/b'])
    split = obtain_split(five, 'disjoint', 0, path)
    with pytest.raises(ValueError, match=f"has '{name}' for 'blur', which"):
        split_images(five, split, 'blur')


def test_empty_domain_is_refused(five, tmp_path):
    path = write(tmp_path / 's.json', blur=['train/a'], sharp=[])
    split = obtain_split(five, 'disjoint', 0, path)
    with pytest.raises(ValueError, match="no entry for 'sharp'"):
        split_images(five, split, 'blur')


@pytest.mark.parametrize(
    'text',
    [
        '',
        '{',
        '[]',
        '"x"',
        '{"mode": "disjoint"}',
        '{"mode": "disjoint", "subset": "train", "blur": "a", "sharp": []}',
    ],
)
def test_damaged_file_is_refused(five, tmp_path, text):
    path = tmp_path / 's.json'
    path.write_text(text)
    with pytest.raises(ValueError, match=r"s.json' is not a split file"):
        obtain_split(five, 'disjoint', 0, path)


@pytest.mark.parametrize(
    ('asked', 'message'),
    [
        (('shuffled', 0), "split='disjoint', not for split='shuffled'"),
        (('disjoint', 1), 'split_seed=0, not for split_seed=1'),
    ],
)
def test_file_made_for_something_else_is_refused(
    five, tmp_path, asked, message
):
    path = tmp_path / 's.json'
    obtain_split(five, 'disjoint', 0, path)
    with pytest.raises(ValueError, match=message):
        obtain_split(five, *asked, path)


def test_unknown_mode_is_refused(five):
    with pytest.raises(ValueError, match=r"split must be one of .* got 'x'"):
        obtain_split(five, 'x', 0)


def test_one_sequence_cannot_be_split(make_nested):
    subset = GoProSubset(make_nested({'only': 3}), 'train')
    with pytest.raises(ValueError, match=r"two sequences, but .* only 'only'"):
        obtain_split(subset, 'disjoint', 0)
    assert obtain_split(subset, 'shuffled', 0).blur == ('train/only',)


def test_flat_layout_splits_by_prefix(make_flat):
    names = [
        'GOPR0001_01_00-1.png',
        'GOPR0001_01_00-2.png',
        'GOPR0002_01_00_1.png',
    ]
    subset = GoProSubset(make_flat(names), 'train')
    split = obtain_split(subset, 'disjoint', 0)
    blur, sharp = split_images(subset, split, 'blur')
    assert {i.sequence for i in blur}.isdisjoint(i.sequence for i in sharp)
    assert len(blur) + len(sharp) == 3


def test_flat_layout_without_prefix_needs_a_file_or_shuffling(
    make_flat, tmp_path
):
    subset = GoProSubset(make_flat(['a.png', 'b.png', 'c.png']), 'train')
    with pytest.raises(ValueError, match="set split='shuffled', or a split_f"):
        obtain_split(subset, 'disjoint', 0)
    split = obtain_split(subset, 'shuffled', 0, tmp_path / 'shuffled.json')
    assert split == obtain_split(
        subset, 'shuffled', 0, tmp_path / 'shuffled.json'
    )
    assert len(split_images(subset, split, 'blur')[0]) == 3
    path = write(
        tmp_path / 's.json',
        blur=['train/input/a.png'],
        sharp=['train/target/b.png', 'train/target/c.png'],
    )
    split = obtain_split(subset, 'disjoint', 0, path)
    blur, sharp = split_images(subset, split, 'blur')
    assert [i.stem for i in blur + sharp] == ['a', 'b', 'c']


def test_flat_layout_without_prefix_refuses_both_sides_of_a_pair(
    make_flat, tmp_path
):
    subset = GoProSubset(make_flat(['a.png', 'b.png']), 'train')
    path = write(
        tmp_path / 's.json',
        blur=['train/input/a.png'],
        sharp=['train/target/a.png'],
    )
    split = obtain_split(subset, 'disjoint', 0, path)
    with pytest.raises(ValueError, match=re.escape("stem 'a' is in both")):
        split_images(subset, split, 'blur')
