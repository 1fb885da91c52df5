import os
from contextlib import ExitStack

import pytest

from mmasgan.utils import atomic_files as files
from mmasgan.utils.atomic_files import (
    part_of,
    remove_leftovers,
    write_atomically,
)


def test_file_is_written_with_its_folder(tmp_path):
    path = tmp_path / 'new' / 'file'
    write_atomically(path, b'one')
    write_atomically(path, b'two')
    assert path.read_bytes() == b'two'
    assert [p.name for p in path.parent.iterdir()] == ['file']


def test_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / 'file'
    write_atomically(path, b'one')

    def fail(*args):
        raise OSError('no')

    monkeypatch.setattr(files.os, 'replace', fail)
    with pytest.raises(OSError, match=r"file' cannot be written: no; earlier"):
        write_atomically(path, b'two')
    assert path.read_bytes() == b'one'
    assert [p.name for p in tmp_path.iterdir()] == ['file']


def test_leftovers_of_the_killed_are_removed(tmp_path):
    (tmp_path / 'in').mkdir()
    (tmp_path / 'in' / f'x.1{files.TEMPORARY}').touch()
    (tmp_path / 'in' / 'x').touch()
    remove_leftovers(tmp_path)
    assert [p.name for p in (tmp_path / 'in').iterdir()] == ['x']


@pytest.mark.parametrize('name', ['é' * 127 + 'x', 'x' * 255, 'x' * 230])
def test_names_may_be_as_long_as_they_can(tmp_path, name):
    write_atomically(tmp_path / name, b'all of it')
    assert (tmp_path / name).read_bytes() == b'all of it'
    with part_of(tmp_path / name) as part:
        part.write_bytes(b'another')
    assert os.listdir(tmp_path) == [name]


def test_parts_of_long_names_are_told_apart_and_removed(tmp_path):
    names = ['x' * 254 + end for end in 'ab']
    with ExitStack() as stack:
        parts = {
            stack.enter_context(part_of(tmp_path / name)) for name in names
        }
        assert len(parts) == 2
        for part in parts:
            part.touch()
    (tmp_path / part.name).touch()
    remove_leftovers(tmp_path)
    assert sorted(os.listdir(tmp_path)) == names


def test_parts_have_names_that_nobody_foresees(tmp_path):
    with part_of(tmp_path / 'x') as one, part_of(tmp_path / 'x') as two:
        assert one != two
        assert str(os.getpid()) not in one.name.split('.')


def test_links_at_the_name_of_a_part_are_not_followed(tmp_path, monkeypatch):
    (tmp_path / 'victim').write_bytes(b'mine')
    monkeypatch.setattr(files.secrets, 'token_hex', lambda count: 'known')
    link = tmp_path / f'x.known{files.TEMPORARY}'
    link.symlink_to(tmp_path / 'victim')
    with pytest.raises(OSError, match='cannot be written: File exists'):
        write_atomically(tmp_path / 'x', b'attack')
    assert (tmp_path / 'victim').read_bytes() == b'mine'


def test_a_link_at_the_name_itself_is_replaced(tmp_path):
    (tmp_path / 'victim').write_bytes(b'mine')
    (tmp_path / 'x').symlink_to(tmp_path / 'victim')
    write_atomically(tmp_path / 'x', b'new')
    assert (tmp_path / 'victim').read_bytes() == b'mine'
    assert (tmp_path / 'x').read_bytes() == b'new'
