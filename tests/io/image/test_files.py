import os

import pytest

from mmasgan.io.image.files import is_special, visible_files


def test_files_of_any_depth_but_hidden_ones(tmp_path):
    for name in (
        'a.png',
        'b/c/d.txt',
        '.hidden.png',
        'b/@eaDir/x.png',
        '__MACOSX/x.png',
        'b/._c.png',
        'b/@d.png',
        'b/__e.png',
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    found = sorted(visible_files(tmp_path))
    names = ('a.png', 'b/@d.png', 'b/__e.png', 'b/c/d.txt')
    assert found == [tmp_path / name for name in names]


def test_a_folder_that_cannot_be_read_is_named(tmp_path, monkeypatch):
    def walk(folder, onerror, followlinks):
        onerror(PermissionError(13, 'Permission denied', str(folder)))
        yield from ()

    monkeypatch.setattr(os, 'walk', walk)
    with pytest.raises(OSError, match=rf"'{tmp_path}' cannot be read: Perm"):
        list(visible_files(tmp_path))


def test_pipes_are_special_and_links_are_what_they_lead_to(tmp_path):
    os.mkfifo(tmp_path / 'pipe')
    (tmp_path / 'link').symlink_to(tmp_path / 'pipe')
    (tmp_path / 'lost').symlink_to(tmp_path / 'gone')
    (tmp_path / 'a').touch()
    names = ('pipe', 'link', 'lost', 'a')
    found = [is_special(tmp_path / name) for name in names]
    assert found == [True, True, False, False]
