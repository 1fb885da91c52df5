import pytest

from mmasgan import atomic_files as files
from mmasgan.atomic_files import remove_leftovers, write_atomically


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
    with pytest.raises(OSError, match=r"file' cannot be written: no; what"):
        write_atomically(path, b'two')
    assert path.read_bytes() == b'one'
    assert [p.name for p in tmp_path.iterdir()] == ['file']


def test_leftovers_of_the_killed_are_removed(tmp_path):
    (tmp_path / 'in').mkdir()
    (tmp_path / 'in' / f'x.1{files.TEMPORARY}').touch()
    (tmp_path / 'in' / 'x').touch()
    remove_leftovers(tmp_path)
    assert [p.name for p in (tmp_path / 'in').iterdir()] == ['x']
