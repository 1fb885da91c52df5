import os
from pathlib import Path

import pytest

from mmasgan.apis.inference.inputs import Input, find_inputs

ALL = [
    '@f.gif', '__g.jfif', 'a.png', 'b.JPG', 'deep/c.tif', 'deep/d.mp4',
]  # fmt: skip


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """Empty files, in the working folder."""
    monkeypatch.chdir(tmp_path)
    for name in (
        'in/a.png',
        'in/b.JPG',
        'in/notes.txt',
        'in/deep/c.tif',
        'in/deep/d.mp4',
        'in/.hidden.png',
        'in/@eaDir/e.png',
        'in/@f.gif',
        'in/__g.jfif',
        'odd[1].png',
    ):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).touch()


def found(*given, out='out'):
    return [(str(i.source), str(i.inner)) for i in find_inputs(given, out)]


def test_files_are_taken_as_they_are(tree):
    assert found('in/a.png', 'in/notes.txt', 'gone.png') == [
        ('in/a.png', 'a.png'),
        ('in/notes.txt', 'notes.txt'),
        ('gone.png', 'gone.png'),
    ]
    assert found('odd[1].png') == [('odd[1].png', 'odd[1].png')]


def test_folders_give_photographs_and_videos(tree):
    expected = [
        ('in/@f.gif', '@f.gif'),
        ('in/__g.jfif', '__g.jfif'),
        ('in/a.png', 'a.png'),
        ('in/b.JPG', 'b.JPG'),
        ('in/deep/c.tif', 'deep/c.tif'),
        ('in/deep/d.mp4', 'deep/d.mp4'),
    ]
    assert found('in') == expected
    assert found('in', 'in/') == expected
    assert found('in/deep', 'in/a.png', 'in/a.png') == [
        ('in/deep/c.tif', 'c.tif'),
        ('in/deep/d.mp4', 'd.mp4'),
        ('in/a.png', 'a.png'),
    ]


@pytest.mark.parametrize(
    ('pattern', 'names'),
    [
        ('in/*.png', ['a.png']),
        ('in/*', ALL),
        ('in/**/*.tif', ['deep/c.tif']),
        ('in/**', ALL),
        ('i?/[ab].*', ['in/a.png', 'in/b.JPG']),
        ('in/d*', ['deep/c.tif', 'deep/d.mp4']),
    ],
)
def test_patterns_keep_what_is_below_their_first_star(tree, pattern, names):
    assert sorted(str(i.inner) for i in find_inputs([pattern], 'out')) == names


def test_standard_input_is_alone(tree):
    assert find_inputs(['-'], 'out.png') == [Input(None, Path('stdin'))]
    with pytest.raises(ValueError, match='must be the only input'):
        find_inputs(['-', 'in'], 'out')


def test_what_gives_nothing_is_named(tree):
    Path('empty').mkdir()
    with pytest.raises(ValueError, match=r"no photograph or .* in 'empty';"):
        find_inputs(['empty'], 'out')
    with pytest.raises(ValueError, match=r"no photograph .* like 'in/\*\.tga"):
        find_inputs(['in/*.tga'], 'out')


def test_what_an_earlier_run_made_is_left_out(tree):
    assert found('in', out='in/deep') == [
        ('in/@f.gif', '@f.gif'),
        ('in/__g.jfif', '__g.jfif'),
        ('in/a.png', 'a.png'),
        ('in/b.JPG', 'b.JPG'),
    ]
    assert found('in/**', out='in/deep') == found('in', out='in/deep')
    os.symlink('in/deep', 'link')
    assert found('in', out='link') == found('in', out='in/deep')
    # named on purpose
    assert found('in/deep/c.tif', out='in/deep') == [
        ('in/deep/c.tif', 'c.tif')
    ]


def test_what_is_left_out_of_folders_is_named_and_counted(tree):
    Path('in/x.heic').touch()
    os.mkfifo('in/pipe.png')
    notes = []
    find_inputs(['in', 'in/deep'], 'out', notes.append)
    assert notes == [
        "3 files of other kinds left out: 'in/notes.txt', 'in/pipe.png', "
        "'in/x.heic'"
    ]
    for number in range(9):
        Path(f'in/y{number}.xcf').touch()
    find_inputs(['in/*'], 'out', notes.append)
    assert notes[1].startswith('12 files of other kinds left out: ')
    assert notes[1].endswith(' and 7 more')
    find_inputs(['in/a.png', 'in/deep'], 'out', notes.append)
    assert len(notes) == 2
    Path('only').mkdir()
    Path('only/x.heic').touch()
    with pytest.raises(ValueError, match=r"\(1 file .*: 'only/x\.heic'\)"):
        find_inputs(['only'], 'out')
