import os
import re

import pytest

from mmasgan.datasets import gopro_layout
from mmasgan.datasets.gopro_layout import GoProImage, GoProSubset

NAMES = [
    'GOPR0372_07_00-000047.png',
    'GOPR0372_07_00-000049.png',
    'GOPR0374_11_01_000001.png',
]


def test_nested_images_are_listed_sorted(make_nested):
    root = make_nested({'b': 2, 'a': 1})
    subset = GoProSubset(root, 'train')
    assert subset.sequences == ('a', 'b')
    assert subset.images('blur') == [
        GoProImage('train/a/blur/000000.png', 'a', '000000'),
        GoProImage('train/b/blur/000000.png', 'b', '000000'),
        GoProImage('train/b/blur/000001.png', 'b', '000001'),
    ]
    assert [i.path for i in subset.images('sharp', ['a'])] == [
        'train/a/sharp/000000.png'
    ]


def test_hidden_and_foreign_files_are_ignored(make_nested, write_image):
    root = make_nested({'a': 1})
    folder = root / 'train' / 'a' / 'blur'
    write_image(folder / '.hidden.png')
    (folder / 'Thumbs.db').touch()
    (folder / 'notes.txt').touch()
    (folder / 'folder.png').mkdir()
    write_image(folder / 'UPPER.JPG')
    write_image(folder / '@x.gif')
    for name in ('.cache', '@eaDir', '__MACOSX'):
        (root / 'train' / name).mkdir()
    subset = GoProSubset(root, 'train')
    assert subset.sequences == ('a',)
    assert [i.stem for i in subset.images('blur')] == ['000000', '@x', 'UPPER']


def test_flat_images_know_their_sequence_from_the_prefix(make_flat):
    subset = GoProSubset(make_flat(NAMES), 'train')
    assert subset.is_flat
    assert subset.has_sequences
    assert subset.sequences == ('GOPR0372_07_00', 'GOPR0374_11_01')
    assert subset.images('sharp', ['GOPR0374_11_01']) == [
        GoProImage(
            'train/target/GOPR0374_11_01_000001.png',
            'GOPR0374_11_01',
            'GOPR0374_11_01_000001',
        )
    ]


def test_one_name_without_prefix_leaves_flat_sequences_unknown(make_flat):
    subset = GoProSubset(make_flat([*NAMES, 'a.png']), 'train')
    assert not subset.has_sequences
    assert {i.sequence for i in subset.images('blur')} == {'unknown'}
    assert len(subset.images('blur')) == 4


@pytest.mark.parametrize(
    ('subset', 'inside', 'error', 'message'),
    [
        ('x', None, FileNotFoundError, r"data_root '.*root' is not a folder"),
        ('test', 'train', FileNotFoundError, "no folder 'test', only 'train'"),
        ('train', 'train', ValueError, r"train' has no folder; expected eith"),
        ('train', 'train/a/foo', ValueError, r"train/a' is not a GoPro seq"),
        ('train', 'train/input', ValueError, r"no folder 'target', only 'in"),
        ('train', 'train/target', ValueError, r"no folder 'input', only 'ta"),
    ],
)
def test_other_layouts_are_refused(tmp_path, subset, inside, error, message):
    root = tmp_path / 'root'
    if inside:
        (root / inside).mkdir(parents=True)
    with pytest.raises(error, match=message):
        GoProSubset(root, subset)


def test_sequence_without_the_variant_is_named(make_nested):
    root = make_nested({'a': 1, 'b': 1})
    (root / 'train' / 'a' / 'blur_gamma').mkdir()
    subset = GoProSubset(root, 'train')
    expected = re.escape(
        f"sequence '{root}/train/b' has no folder 'blur_gamma', only "
        "'blur', 'sharp'"
    )
    with pytest.raises(ValueError, match=expected):
        subset.check('blur_gamma')
    with pytest.raises(ValueError, match=expected):
        subset.images('blur_gamma', ['b'])
    subset.check('blur')


def test_flat_layout_has_no_variants(make_flat):
    subset = GoProSubset(make_flat(NAMES), 'train')
    with pytest.raises(ValueError, match=r'no separate .blur_gamma.'):
        subset.check('blur_gamma')


@pytest.mark.parametrize('layout', ['nested', 'flat'])
def test_empty_folder_is_named(tmp_path, layout):
    names = (
        ['a/blur', 'a/sharp'] if layout == 'nested' else ['input', 'target']
    )
    for name in names:
        (tmp_path / 'train' / name).mkdir(parents=True)
    subset = GoProSubset(tmp_path, 'train')
    with pytest.raises(ValueError, match=f"no image in '.*/{names[0]}'"):
        subset.images('blur')


def test_unreadable_folder_is_named(make_nested, monkeypatch):
    # chmod does not stop root, under whom containers run tests.
    root = make_nested({'a': 1})
    subset = GoProSubset(root, 'train')

    def deny(folder):
        raise PermissionError(13, 'Permission denied', str(folder))

    monkeypatch.setattr(gopro_layout.os, 'scandir', deny)
    with pytest.raises(PermissionError, match=r"a/blur' cannot be read.*chm"):
        subset.images('blur')


def test_dead_link_is_kept_to_be_reported_when_read(make_nested):
    root = make_nested({'a': 1})
    os.symlink('nowhere.png', root / 'train' / 'a' / 'blur' / '000001.png')
    assert len(GoProSubset(root, 'train').images('blur')) == 2
