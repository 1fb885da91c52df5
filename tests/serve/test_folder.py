import os
import time

import pytest

from mmasgan.serve.folder import folder_size, sweep, swept


@pytest.fixture
def home(tmp_path):
    """A folder with an old and a new file in each of two folders."""
    for name in ('uploads/a', 'anything/b/c'):
        parent = tmp_path / 'home' / name
        parent.mkdir(parents=True)
        (parent / 'old').write_bytes(b'x' * 10)
        (parent / 'new').write_bytes(b'x' * 5)
        os.utime(parent / 'old', (1, 1))
    return tmp_path / 'home'


def names(home):
    return sorted(p.name for p in home.rglob('*') if not p.is_dir())


def test_the_size_is_that_of_all_files(home):
    empty = sum(p.lstat().st_size for p in home.rglob('*') if p.is_dir())
    assert folder_size(home) - empty == 30


def test_what_is_old_goes_whatever_made_it(home):
    sweep(home, 3600)
    assert names(home) == ['new', 'new']
    for path in home.rglob('*'):
        os.utime(path, (1, 1))
    for _ in range(3):  # removing touches the folder around
        sweep(home, 0)
    assert list(home.iterdir()) == []


def test_links_are_not_followed(home, tmp_path):
    other = tmp_path / 'other'
    other.mkdir()
    (other / 'kept').write_bytes(b'x')
    os.utime(other / 'kept', (1, 1))
    (home / 'link').symlink_to(other)
    os.utime(home / 'link', (1, 1), follow_symlinks=False)
    sweep(home, 3600)
    assert (other / 'kept').exists()


def test_it_is_swept_again_and_again(home):
    with swept(home, 0.1):
        (home / 'later').write_bytes(b'x')
        until = time.monotonic() + 20
        while names(home) and time.monotonic() < until:
            time.sleep(0.05)
    assert names(home) == []
