import os

import numpy as np
import pytest

from mmasgan.datasets.image_store import ImageStore, stored_path
from mmasgan.datasets.prepare import store
from mmasgan.datasets.prepare.store import build_store
from mmasgan.io.image.reader import ImageReadError


@pytest.fixture
def root(make_nested):
    return make_nested({'a': 2, 'b': 1})


@pytest.fixture
def names(root):
    return sorted(p.relative_to(root).as_posix() for p in root.rglob('*.png'))


def test_report_tells_what_was_done(root, names, tmp_path):
    folder = tmp_path / 'store'
    report = build_store(root, [*names, names[0]], folder)
    size = 12 * 16 * 3 + 128
    assert report == (0, 6, (), 6 * size)
    assert build_store(root, names, folder) == (6, 0, (), 6 * size)
    files = [p for p in folder.rglob('*') if p.is_file()]
    assert len(files) == 7  # no journal, nothing temporary


def _cut(path):
    path.write_bytes(path.read_bytes()[:-1])


def _flip(path):
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize('harm', [_cut, _flip])
def test_damaged_image_is_found_and_mended(root, names, tmp_path, harm):
    folder = tmp_path / 'store'
    build_store(root, names, folder)
    before = stored_path(folder, names[2]).read_bytes()
    harm(stored_path(folder, names[2]))
    report = build_store(root, names, folder)
    assert (report.kept, report.repaired) == (5, (names[2],))
    assert stored_path(folder, names[2]).read_bytes() == before


def test_changed_source_is_stored_anew(root, names, write_image):
    folder = root / 'store'
    build_store(root, names, folder)
    write_image(root / names[0], seed=99)
    assert build_store(root, names, folder).repaired == (names[0],)
    image = ImageStore(folder).read(str(root / names[0]))
    assert (image != np.load(stored_path(folder, names[1]))).any()


def test_other_images_take_the_place(root, names):
    folder = root / 'store'
    build_store(root, names[:3], folder)
    report = build_store(root, names[2:], folder)
    assert (report.kept, report.written, report.repaired) == (1, 3, ())
    assert not stored_path(folder, names[0]).exists()
    with pytest.raises(ImageReadError, match='not in the store'):
        ImageStore(folder).read(str(root / names[0]))


@pytest.mark.parametrize('is_after', [False, True])
@pytest.mark.parametrize('number', range(1, 8))
def test_killed_at_any_rename_it_goes_on(
    root, names, killed, number, is_after
):
    folder = root / 'store'
    assert killed(lambda: build_store(root, names, folder), number, is_after)
    if (number, is_after) != (7, True):  # the manifest comes last
        with pytest.raises(FileNotFoundError, match='not a complete store'):
            ImageStore(folder)
    report = build_store(root, names, folder)
    assert report.kept >= min(number, 6) - 1
    for name in names:
        assert ImageStore(folder).read(str(root / name)).shape == (12, 16, 3)
    assert not list(folder.rglob('*mmasgan-tmp'))


def test_full_disk_is_told_before_anything_is_written(
    root, names, tmp_path, full_disk
):
    with pytest.raises(OSError, match=r'needs 4\.2 kB, but 1\.0 kB are free'):
        build_store(root, names, tmp_path / 'store')
    assert not list((tmp_path / 'store').rglob('*.npy'))


def test_folder_of_other_things_is_left_alone(root, names, tmp_path):
    (tmp_path / 'mine').mkdir()
    (tmp_path / 'mine' / 'file').touch()
    with pytest.raises(ValueError, match=r"mine' exists and is not a store"):
        build_store(root, names, tmp_path / 'mine')


def test_store_of_other_data_is_left_alone(root, names, tmp_path):
    build_store(root, names, tmp_path / 'store')
    with pytest.raises(ValueError, match='contains images of another folder'):
        build_store(tmp_path, [], tmp_path / 'store')


def test_image_that_cannot_be_read_is_named(root, names):
    (root / names[1]).write_bytes(b'no image')
    with pytest.raises(ImageReadError, match=names[1]):
        build_store(root, names, root / 'store')
    assert store._size(root / names[1]) == 0


def test_missing_source_is_named(root, names):
    os.remove(root / names[1])
    with pytest.raises(FileNotFoundError, match=names[1]):
        build_store(root, names, root / 'store')
