import re

import pytest

from mmasgan.datasets.prepare.workspace import (
    Workspace,
    fingerprint,
    safe_name,
)
from mmasgan.utils.atomic_files import write_atomically


def make(out):
    work = Workspace(out, {'a': 1}, ['x', 'y'])
    if not work.is_finished:
        write_atomically(work.part / 'train' / 'image', b'1')
        work.journal.add('image')
        work.finish()
    return work


@pytest.fixture
def out(tmp_path):
    return tmp_path / 'out'


def test_folder_appears_when_finished(out):
    work = Workspace(out, {'a': 1}, ['x'])
    write_atomically(work.part / 'image', b'1')
    assert not out.exists()
    assert not work.is_finished
    work.finish()
    assert work.is_finished
    assert sorted(p.name for p in out.iterdir()) == ['image', 'prepared.json']
    assert not work.part.exists()


def test_finished_one_is_known_again(out):
    make(out)
    assert Workspace(out, {'a': 1}, ['y', 'x']).is_finished
    for settings, inputs in (({'a': 2}, ['x', 'y']), ({'a': 1}, ['x'])):
        with pytest.raises(ValueError, match=r"out' exists, and was created"):
            Workspace(out, settings, inputs)


def test_things_in_the_way_are_left_alone(out):
    out.mkdir()
    assert not Workspace(out, {}, []).is_finished
    (out / 'mine').touch()
    with pytest.raises(ValueError, match=r"out' exists, and was created"):
        Workspace(out, {}, [])


def test_part_of_somebody_else_is_left_alone(out):
    part = out.with_name('out.part')
    part.mkdir()
    (part / 'mine').touch()
    with pytest.raises(ValueError, match=r"out.part' exists; move"):
        Workspace(out, {}, [])


def test_a_part_that_is_a_link_is_not_followed(out, tmp_path):
    elsewhere = tmp_path / 'elsewhere'
    elsewhere.mkdir()
    # Even one that looks like a workspace that was begun.
    (elsewhere / 'settings.json').write_text('{"a": 1}')
    (elsewhere / 'mine').touch()
    part = out.with_name('out.part')
    part.symlink_to(elsewhere)
    with pytest.raises(OSError, match=r"out\.part' is a link"):
        make(out)
    part.unlink()
    part.symlink_to(tmp_path / 'nowhere')
    with pytest.raises(OSError, match=r"out\.part' is a link"):
        make(out)
    names = sorted(path.name for path in elsewhere.iterdir())
    assert names == ['mine', 'settings.json']
    assert not (tmp_path / 'nowhere').exists()


def test_unfinished_one_is_gone_on_with(out):
    Workspace(out, {'a': 1}, ['x']).journal.add('k', look='f')
    again = Workspace(out, {'a': 1}, ['x', 'new'])
    assert again.journal.entries == {'k': {'look': 'f'}}
    with pytest.raises(ValueError, match=r"other settings, \{'a': 1\}"):
        Workspace(out, {'a': 2}, ['x'])


@pytest.mark.parametrize('is_after', [False, True])
@pytest.mark.parametrize('number', [1, 2, 3, 4])
def test_killed_at_any_rename_it_goes_on(out, killed, number, is_after):
    assert killed(lambda: make(out), number, is_after)
    assert make(out).is_finished
    assert (out / 'train' / 'image').read_bytes() == b'1'


def test_outputs_without_input_are_removed(out):
    work = Workspace(out, {}, [])
    for name in ('a/1', 'a/2', 'b/c/3'):
        write_atomically(work.part / 'train' / name, b'')
    work.keep_only(work.part / 'train', {work.part / 'train' / 'a' / '2'})
    found = [p.name for p in sorted((work.part / 'train').rglob('*'))]
    assert found == ['a', '2']


def test_fingerprint_changes_with_the_file(tmp_path):
    path = tmp_path / 'x'
    path.write_text('a')
    before = fingerprint(path, 'x')
    assert fingerprint(path, 'x') == before
    path.write_text('ab')
    assert fingerprint(path, 'x') != before


@pytest.mark.parametrize(
    ('name', 'start'),
    [
        ('a/b c.jpg', 'b_c-'),
        ('été/Süß.png', 'Süß-'),
        ('.hidden.png', 'hidden-'),
        ('@eaDir.jpg', 'eaDir-'),
        ('x' * 300 + '.png', 'x' * 60 + '-'),
        ('__.png', 'image-'),
        ('a?b*c.png', 'a_b_c-'),
    ],
)
def test_names_are_fit_for_any_system(name, start):
    assert re.fullmatch(re.escape(start) + '[0-9a-f]{8}', safe_name(name))


def test_names_differ_where_paths_do():
    paths = ['a/b.png', 'b.png', 'a/b.jpg', 'c/b.png', '\udcff.png']
    assert len({safe_name(path) for path in paths}) == len(paths)
