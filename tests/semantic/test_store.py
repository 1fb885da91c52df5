import os
import pickle

import numpy as np
import pytest

from mmasgan.semantic.store import (
    MapError,
    MapStore,
    find_store,
    read_map,
    to_8_bits,
)

RANDOM = np.random.default_rng(0)
MAPS = RANDOM.dirichlet(np.ones(8), (5, 6)).transpose(2, 0, 1)


@pytest.fixture
def store(tmp_path):
    store = MapStore(tmp_path / 'semantic' / 'net-12345678')
    store.write_source({'options': ['--source', 'onnx']})
    store.write('train/1.png', MAPS)
    find_store.cache_clear()
    return store


@pytest.mark.parametrize('alpha', [0.01, 1, 100])
@pytest.mark.parametrize('count', [1, 2, 8, 150])
def test_8_bits_sum_to_one_and_are_near(alpha, count):
    maps = RANDOM.dirichlet(np.full(count, alpha), 50).T.reshape(count, 10, 5)
    levels = to_8_bits(maps)
    assert levels.dtype == np.uint8
    assert (levels.sum(0, dtype=int) == 255).all()
    assert abs(levels / 255 - maps).max() < 1 / 255


def test_8_bits_are_kept_as_they_are():
    levels = to_8_bits(MAPS)
    np.testing.assert_array_equal(to_8_bits(levels / np.float32(255)), levels)


def test_what_is_written_is_read(store):
    found = store.read('train/1.png')
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, MAPS, atol=1 / 255)
    np.testing.assert_allclose(found.sum(0), 1, atol=1e-6)
    assert [path.name for path in store.path('train/1.png').parent.iterdir()]


def test_a_failed_write_leaves_what_was_there(store, monkeypatch):
    monkeypatch.setattr('os.fsync', lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        store.write('train/1.png', MAPS[::-1])
    np.testing.assert_allclose(store.read('train/1.png'), MAPS, atol=1 / 255)
    folder = store.path('train/1.png').parent
    assert [path.name for path in folder.iterdir()] == ['1.png.npz']


@pytest.mark.parametrize('size', [0, 5, 100, -30])
def test_damaged_maps_are_named_with_the_remedy(store, size):
    path = store.path('train/1.png')
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(MapError) as caught:
        store.read('train/1.png')
    message = str(caught.value)
    assert f"the map '{path}' is damaged" in message
    assert f'`mmasgan priors {store.root} --source onnx`' in message


def test_a_flipped_byte_is_noticed(store):
    path = store.path('train/1.png')
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 255
    path.write_bytes(content)
    with pytest.raises(MapError, match='is damaged'):
        store.read('train/1.png')


def test_missing_maps_are_named_with_the_remedy(store):
    with pytest.raises(
        MapError, match=r"no map '.*2\.png\.npz'; create it wit"
    ):
        store.read('train/2.png')


@pytest.mark.parametrize(
    ('content', 'message'),
    [
        (np.zeros((2, 3)), 'must be'),
        (np.zeros((2, 3, 3), int), 'must be'),
        (np.zeros((2, 3, 3)), 'with sum 1'),
        (np.full((2, 3, 3), np.nan), 'with sum 1'),
        (np.ones((2, 3, 3)) * [[[-1]], [[2]]], 'with sum 1'),
        (np.zeros((0, 3, 3)), 'with sum 1'),
    ],
)
def test_other_arrays_are_refused(tmp_path, content, message):
    np.save(tmp_path / 'a.npy', content)
    with pytest.raises(MapError, match=message):
        read_map(tmp_path / 'a.npy')


def test_pickles_are_refused(tmp_path):
    (tmp_path / 'a.npy').write_bytes(pickle.dumps({'a': 1}))
    with pytest.raises(MapError, match='is damaged'):
        read_map(tmp_path / 'a.npy')


@pytest.mark.parametrize('content', ['{', '[]'])
def test_a_damaged_source_file_is_named(store, content):
    (store.folder / 'source.json').write_text(content)
    with pytest.raises(MapError, match=r'source\.json'):
        store.source()


def test_a_source_file_may_be_missing_but_no_pipe(store):
    path = store.folder / 'source.json'
    path.unlink()
    assert store.source() == {}
    os.mkfifo(path)
    with pytest.raises(MapError, match=r'source\.json'):
        store.source()


@pytest.mark.parametrize('source', [None, 'net', 'net-12345678'])
def test_maps_are_found_from_an_image(store, source):
    folder = store.root / 'train' / 'a' / 'blur'
    assert find_store(str(folder), source).folder == store.folder


def test_the_source_must_be_clear(store, tmp_path):
    with pytest.raises(MapError, match="0 folders for the source 'other'"):
        find_store(str(tmp_path / 'train'), 'other')
    (store.root / 'semantic' / 'net-abcdef01').mkdir()
    for source in (None, 'net'):
        with pytest.raises(MapError, match='2 folders for'):
            find_store(str(tmp_path / 'train'), source)


def test_no_maps_at_all_name_the_command(tmp_path):
    find_store.cache_clear()
    with pytest.raises(MapError, match='`mmasgan priors DATA`'):
        find_store(str(tmp_path / 'x'), None)


def test_pipes_and_bombs_are_refused(tmp_path):
    os.mkfifo(tmp_path / 'a.npz')
    with pytest.raises(MapError, match=r"a\.npz' is damaged \(it is a pipe"):
        read_map(tmp_path / 'a.npz')
    header = (
        b"\x93NUMPY\x01\x00\x76\x00{'descr': '|u1', 'fortran_order': False, "
        b"'shape': (99999, 99999, 9)}"
    )
    (tmp_path / 'b.npy').write_bytes(header.ljust(128))
    with pytest.raises(MapError, match=r"b\.npy' is damaged"):
        read_map(tmp_path / 'b.npy')
