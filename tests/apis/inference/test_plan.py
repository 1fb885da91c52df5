import os
from pathlib import Path

import pytest

from mmasgan.apis.inference.plan import plan_tasks


@pytest.fixture(autouse=True)
def tree(tmp_path, monkeypatch):
    """Empty files, in the working folder."""
    monkeypatch.chdir(tmp_path)
    for name in (
        'in/a.png',
        'in/deep/b.jpg',
        'in/c.gif',
        'film/d.mp4',
        'film/e.wmv',
    ):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).touch()


def plan(*inputs, out='out', **options):
    return [
        (task.name, str(task.target), task.sheet and str(task.sheet))
        for task in plan_tasks(inputs, out, **options)
    ]


def test_a_folder_is_filled():
    assert plan('in') == [
        ('in/a.png', 'out/a.png', None),
        ('in/c.gif', 'out/c.gif.png', None),
        ('in/deep/b.jpg', 'out/deep/b.jpg', None),
    ]
    assert plan('in/c.gif', 'film') == [
        ('in/c.gif', 'out/c.gif.png', None),
        ('film/d.mp4', 'out/d.mp4', None),
        ('film/e.wmv', 'out/e.wmv.mkv', None),
    ]


def test_sheets_have_a_folder_of_their_own():
    assert plan('in', 'film/d.mp4', compare=True) == [
        ('in/a.png', 'out/a.png', 'out/compare/a.png'),
        ('in/c.gif', 'out/c.gif.png', 'out/compare/c.gif.png'),
        ('in/deep/b.jpg', 'out/deep/b.jpg', 'out/compare/deep/b.jpg.png'),
        ('film/d.mp4', 'out/d.mp4', None),
    ]
    assert plan('in/a.png', out='x/y.tif', compare=True) == [
        ('in/a.png', 'x/y.tif', 'x/y.compare.png')
    ]


def test_one_file_may_become_a_file_of_any_format():
    for out in ('b.jpg', 'b.TIF', 'deep/b.png'):
        assert plan('in/a.png', out=out) == [('in/a.png', out, None)]
    assert plan('film/d.mp4', out='x.mkv') == [('film/d.mp4', 'x.mkv', None)]
    assert plan('-', out='b.png') == [('standard input', 'b.png', None)]
    assert plan('in/a.png', out='results.v2') == [
        ('in/a.png', 'results.v2/a.png', None)
    ]
    Path('dir.png').mkdir()
    assert plan('in/a.png', out='dir.png')[0][1] == 'dir.png/a.png'


def test_one_photograph_may_go_to_standard_output():
    for given in ('-', 'in/a.png'):
        (task,) = plan_tasks([given], '-')
        assert task.target is None


@pytest.mark.parametrize(
    ('inputs', 'out', 'options', 'error', 'message'),
    [
        (['in'], 'x.png', {}, ValueError, r"'x\.png' is a file, but the"),
        (['in/a.png', 'film'], 'x.png', {}, ValueError, 'is a file, but'),
        (['in/a.png'], 'x.mp4', {}, ValueError, r'written as .x\.mp4., only'),
        (['film/d.mp4'], 'x.png', {}, ValueError, r'only as \.mp4, '),
        (['film/d.mp4'], 'x.wmv', {}, ValueError, r'only as \.mp4, '),
        (['in/a.png'], 'x.gif', {}, ValueError, r'x\.gif., only as \.png, '),
        (['in'], '-', {}, ValueError, 'exactly one photograph'),
        (['film/d.mp4'], '-', {}, ValueError, 'exactly one photograph'),
        (['-'], 'out', {}, ValueError, 'has no name; use -o FILE'),
        (['-'], '-', dict(compare=True), ValueError, 'needs a file name'),
        (['in/a.png'], 'in/c.gif/x', {}, OSError, "'in/c.gif' is a file;"),
        (['in/a.png'], 'in/c.gif', {}, ValueError, 'only as'),
    ],
)
def test_an_output_that_does_not_fit_is_told(
    inputs, out, options, error, message
):
    with pytest.raises(error, match=message):
        plan_tasks(inputs, out, **options)


def test_two_of_one_name_are_refused():
    Path('a.png').touch()
    message = r"'in/a\.png' and 'a\.png' would both become 'out/a\.png'"
    with pytest.raises(ValueError, match=message):
        plan('in/a.png', 'a.png')
    Path('in/compare').mkdir()
    Path('in/compare/a.png').touch()
    with pytest.raises(ValueError, match=r"become 'out/compare/a\.png'"):
        plan('in', compare=True)


def test_results_are_replaced_only_if_asked():
    Path('out/deep').mkdir(parents=True)
    Path('out/a.png').touch()
    Path('out/deep/b.jpg').touch()
    message = r"'out/a\.png' and 1 more already exist; --overwrite"
    with pytest.raises(FileExistsError, match=message):
        plan('in')
    assert len(plan('in', overwrite=True)) == 3
    Path('out/compare').mkdir()
    Path('out/compare/a.png').touch()
    with pytest.raises(FileExistsError, match=r'2 more already exist'):
        plan('in', compare=True)


@pytest.mark.parametrize(
    ('name', 'target', 'sheet'),
    [
        # 255 bytes are the most; a suffix more would be too many.
        ('é' * 125 + '.gif', 'é' * 123 + '.gif.png', None),
        ('x' * 251 + '.gif', 'x' * 247 + '.gif.png', None),
        ('x' * 251 + '.jpg', 'x' * 251 + '.jpg', 'x' * 247 + '.jpg.png'),
    ],
)
def test_names_are_never_too_long(name, target, sheet):
    Path(name).touch()
    (task,) = plan_tasks([name], 'out', compare=True)
    assert task.target == Path('out', target)
    assert task.sheet == Path('out/compare', sheet or target)


def test_a_folder_is_never_replaced():
    Path('out/a.png').mkdir(parents=True)
    with pytest.raises(IsADirectoryError, match=r"'out/a\.png' is a folder"):
        plan('in', overwrite=True)


@pytest.mark.parametrize(
    ('inputs', 'out'),
    [
        (['in'], 'in'),
        (['in/a.png'], 'in'),
        (['in/a.png'], 'in/a.png'),
        (['in/a.png'], 'link/a.png'),
        (['in/*.png'], 'in'),
        (['link'], 'in'),
    ],
)
def test_inputs_are_never_replaced(inputs, out):
    os.symlink('in', 'link')
    with pytest.raises(FileExistsError, match='which are never replaced'):
        plan_tasks(inputs, out, overwrite=True)


def test_a_place_without_permission_is_named(monkeypatch):
    monkeypatch.setattr(os, 'access', lambda path, mode: str(path) != 'in')
    with pytest.raises(PermissionError, match=r"'in' cannot be written to"):
        plan('film', out='in/out/deep')
