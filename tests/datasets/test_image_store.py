import json
import pickle
import shutil

import numpy as np
import pytest

from mmasgan.datasets import (
    LoadRGBImage,
    RandomCrop,
    UnpairedGoProDataset,
    read_rgb_image,
)
from mmasgan.datasets.image_store import ImageStore, read_manifest, stored_path
from mmasgan.datasets.prepare.store import build_store
from mmasgan.io.image.reader import ImageReadError

KEYS = ['img_blur', 'img_sharp']


def names_of(root):
    return [p.relative_to(root).as_posix() for p in root.rglob('*.png')]


@pytest.fixture
def root(make_nested):
    root = make_nested({'a': 2, 'b': 3}, size=(60, 80))
    build_store(root, names_of(root), root / 'store')
    return root


def test_images_are_those_of_the_files(root):
    store = ImageStore(root / 'store')
    for name in names_of(root):
        image = store.read(str(root / name))
        assert type(image) is np.ndarray
        np.testing.assert_array_equal(image, read_rgb_image(str(root / name)))


def test_same_seed_gives_the_same_crops(root):
    samples = []
    for store in (None, str(root / 'store')):
        pipeline = [LoadRGBImage(KEYS, store=store), RandomCrop(KEYS, 32)]
        dataset = UnpairedGoProDataset(root, pipeline=pipeline, seed=3)
        samples.append([dataset[i] for i in range(12)])
    for plain, stored in zip(*samples, strict=True):
        assert plain.keys() == stored.keys()
        for key, value in plain.items():
            np.testing.assert_array_equal(value, stored[key])


def test_same_seed_gives_the_same_crops_of_real_frames(real_root, tmp_path):
    names = [
        f'train/{sequence}/{kind}/{number}.png'
        for sequence, numbers in (
            ('GOPR0372_07_00', ('000047', '000129')),
            ('REDS_020', ('00000000', '00000099')),
        )
        for kind in ('blur', 'sharp')
        for number in numbers
    ]
    build_store(real_root, names, tmp_path)
    samples = []
    for store in (None, tmp_path):
        pipeline = [LoadRGBImage(KEYS, store=store), RandomCrop(KEYS, 256)]
        dataset = UnpairedGoProDataset(
            real_root, pipeline=pipeline, seed=0, indices=[0, -1]
        )
        samples.append([dataset[i] for i in range(6)])
    for plain, stored in zip(*samples, strict=True):
        for key in KEYS:
            assert plain[f'{key}_crop'] == stored[f'{key}_crop']
            np.testing.assert_array_equal(plain[key], stored[key])


def test_writing_to_an_image_leaves_the_store_alone(root):
    store = ImageStore(root / 'store')
    path = str(root / names_of(root)[0])
    before = store.read(path).copy()
    store.read(path)[:] = 0
    np.testing.assert_array_equal(store.read(path), before)


def test_data_and_store_may_move_together(root, tmp_path):
    moved = tmp_path / 'elsewhere'
    shutil.move(root, moved)
    name = names_of(moved)[0]
    assert ImageStore(moved / 'store').read(str(moved / name)).size


def test_a_worker_gets_it(root):
    store = pickle.loads(pickle.dumps(ImageStore(root / 'store')))
    assert store.read(str(root / names_of(root)[0])).size


def test_store_that_is_not_finished_is_refused(root, tmp_path):
    (root / 'store' / 'manifest.json').unlink()
    with pytest.raises(FileNotFoundError, match='not a complete store'):
        LoadRGBImage(KEYS, store=root / 'store')
    with pytest.raises(FileNotFoundError, match='not a complete store'):
        ImageStore(tmp_path / 'nowhere')
    assert read_manifest(tmp_path / 'nowhere') is None


@pytest.mark.parametrize(
    ('content', 'message'),
    [
        ('{', 'is damaged'),
        ('[]', 'is damaged'),
        (json.dumps({'made_by': 'me', 'version': 1}), 'another program'),
    ],
)
def test_manifest_of_something_else_is_refused(root, content, message):
    (root / 'store' / 'manifest.json').write_text(content)
    with pytest.raises(ValueError, match=message):
        ImageStore(root / 'store')


def test_image_that_was_not_stored_is_named(root, write_image):
    store = ImageStore(root / 'store')
    other = write_image(root / 'train' / 'a' / 'blur' / 'other.png')
    with pytest.raises(ImageReadError, match=r"other.png' is not in the sto"):
        store.read(str(other))


def _cut(path):
    path.write_bytes(path.read_bytes()[:-100])


def _empty(path):
    path.write_bytes(b'')


def _scribble(path):
    path.write_bytes(b'x' * path.stat().st_size)


def _float(path):
    np.save(path.open('wb'), np.zeros((4, 4, 3)))


@pytest.mark.parametrize('harm', [_cut, _empty, _scribble, _float])
def test_damaged_image_is_named(root, harm):
    name = names_of(root)[0]
    harm(stored_path(root / 'store', name))
    with pytest.raises(ImageReadError, match=r"png.npy' in the store is dam"):
        ImageStore(root / 'store').read(str(root / name))
