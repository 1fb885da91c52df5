import shutil

import pytest
from PIL import Image

from mmasgan.apis.comparison import ComparisonError
from mmasgan.apis.comparison.data import inspect_data, locate_data

TEST_SET = dict(type='mmasgan.PairedGoProDataset', test_mode=True)


@pytest.fixture
def data(gopro, tmp_path):
    return shutil.copytree(gopro, tmp_path / 'data')


def inspect(data):
    return inspect_data(
        'data', str(data), {**TEST_SET, 'data_root': str(data)}
    )


def test_what_there_is(data):
    found = inspect(data)
    with Image.open(next((data / 'test').rglob('*.png'))) as image:
        size = image.size
    assert (found.pairs, found.size, found.train_files) == (6, size, 24)
    assert not found.is_gopro_test


def test_a_fingerprint_follows_the_files_not_their_place(data, tmp_path):
    first = inspect(data)
    moved = inspect(data.rename(tmp_path / 'moved'))
    assert moved == first
    extra = next((tmp_path / 'moved' / 'train').rglob('000002.png'))
    extra.unlink()
    fewer = inspect(tmp_path / 'moved')
    assert (fewer.train == first.train, fewer.test) == (False, first.test)


def test_a_missing_partner_is_named(data):
    path = data / 'test' / 'GOPR0001_00_00' / 'sharp' / '000001.png'
    path.unlink()
    blur = path.parents[1] / 'blur' / '000001.png'
    with pytest.raises(ValueError, match=f"'{blur}' has no 'sharp' image"):
        inspect(data)


def test_mixed_sizes_are_named(data):
    path = data / 'test' / 'GOPR0001_00_00' / 'blur' / '000001.png'
    with Image.open(path) as image:
        width, height = image.size
    Image.new('RGB', (width + 4, height)).save(path)
    with pytest.raises(ComparisonError) as caught:
        inspect(data)
    first = data / 'test' / 'GOPR0000_00_00' / 'blur' / '000000.png'
    sizes = f'{width}x{height}', f'{width + 4}x{height}'
    assert f"'{first}' has {sizes[0]}, '{path}' has {sizes[1]}" in str(
        caught.value
    )


def test_a_folder_has_its_own_name(data):
    assert locate_data(f'{data}/') == ('data', f'{data}/')


def test_the_sample_is_made(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert locate_data('sample') == ('sample', 'data/sample')
    assert (tmp_path / 'data' / 'sample' / 'test').is_dir()
