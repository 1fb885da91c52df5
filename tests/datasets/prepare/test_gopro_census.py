import shutil

import pytest

from mmasgan.datasets.prepare.gopro_census import TEST, TRAIN, census


def test_counts_are_those_published():
    lengths = [last - first + 1 for first, last in TRAIN.values()]
    assert (len(TRAIN), sum(lengths)) == (22, 2103)
    assert (len(TEST), sum(TEST.values())) == (11, 1111)
    assert not TRAIN.keys() & TEST.keys()


def test_whole_copy_has_no_problem(small_gopro):
    assert census(small_gopro) == []


def change(root, action):
    path = root / 'train' / 'b' / 'sharp' / '000006.png'
    if action == 'pair':
        path.unlink()
        (root / 'train' / 'b' / 'blur' / '000006.png').unlink()
    elif action == 'one':
        path.unlink()
    elif action == 'cut off':
        path.write_bytes(path.read_bytes()[:-5])
    elif action == 'empty':
        path.write_bytes(b'')
    elif action == 'twice':
        shutil.copy(path, path.with_suffix('.jpg'))
    elif action == 'a folder':
        path.unlink()
        path.mkdir()
    elif action == 'sequence':
        (root / 'train' / 'b').rename(root.parent / 'b')
    elif action == 'other':
        (root / 'train' / 'b').rename(root / 'train' / 'z')
    elif action == 'folder':
        (root / 'train' / 'b' / 'sharp').rename(root / 'train' / 'b' / 's')
    elif action == 'subset':
        (root / 'test').rename(root.parent / 'test')
    elif action == 'test pair':
        for kind in ('blur', 'sharp'):
            (root / 'test' / 't' / kind / '000002.png').unlink()


@pytest.mark.parametrize(
    ('action', 'problems'),
    [
        ('pair', ["sequence 'train/b' has 1 of 2 pairs; it lacks 000006"]),
        (
            'one',
            [
                "'train/b/blur/000006.png' has no sharp image",
                "sequence 'train/b' has 1 of 2 pairs; it lacks 000006",
            ],
        ),
        ('cut off', ["'train/b/sharp/000006.png' is truncated"]),
        ('empty', ["'train/b/sharp/000006.png' is truncated"]),
        (
            'twice',
            [
                "'train/b/sharp/000006.jpg' and 'train/b/sharp/000006.png' "
                'differ only in their suffix'
            ],
        ),
        (
            'a folder',
            [
                "'train/b/blur/000006.png' has no sharp image",
                "sequence 'train/b' has 1 of 2 pairs; it lacks 000006",
            ],
        ),
        ('sequence', ["sequence 'train/b' is missing (2 pairs)"]),
        (
            'other',
            [
                "sequence 'train/b' is missing (2 pairs)",
                "sequence 'train/z' is not of GoPro",
            ],
        ),
        ('folder', ["sequence 'train/b': sequence '"]),
        ('subset', ["test: '"]),
        ('test pair', ["sequence 'test/t' has 1 of 2 pairs"]),
    ],
)
def test_what_is_amiss_is_named(small_gopro, action, problems):
    change(small_gopro, action)
    found = census(small_gopro)
    assert len(found) == len(problems)
    for text, start in zip(found, problems, strict=True):
        assert text.startswith(start)


def test_gamma_variant_is_counted_if_asked_for(small_gopro):
    assert "has no folder 'blur_gamma'" in census(small_gopro, 'blur_gamma')[0]


def test_gaps_of_a_real_copy_are_named(real_root):
    found = census(real_root)
    assert found[0].startswith(
        "sequence 'train/GOPR0372_07_00' has 42 of 100 pairs; it lacks 000048"
    )
    assert "sequence 'train/REDS_020' is not of GoPro" in found
    assert "sequence 'test/GOPR0410_11_00' is missing (134 pairs)" in found
