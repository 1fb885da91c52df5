import os

import pytest

from mmasgan.photos.files import visible_files


def test_files_of_any_depth_but_hidden_ones(tmp_path):
    for name in (
        'a.png',
        'b/c/d.txt',
        '.hidden.png',
        'b/@eaDir/x.png',
        '__MACOSX/x.png',
        'b/._c.png',
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    found = sorted(visible_files(tmp_path))
    assert found == [tmp_path / 'a.png', tmp_path / 'b/c/d.txt']


def test_a_folder_that_cannot_be_read_is_named(tmp_path, monkeypatch):
    def walk(folder, onerror):
        onerror(PermissionError(13, 'Permission denied', str(folder)))
        yield from ()

    monkeypatch.setattr(os, 'walk', walk)
    with pytest.raises(OSError, match=rf"'{tmp_path}' cannot be read: Perm"):
        list(visible_files(tmp_path))
