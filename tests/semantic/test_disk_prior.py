import numpy as np
import pytest

from mmasgan.semantic import DiskPrior
from mmasgan.semantic.store import MapError

MAPS = (
    np.random.default_rng(0).dirichlet(np.ones(8), (5, 6)).transpose(2, 0, 1)
)


@pytest.mark.parametrize('dtype', ['float16', 'float32', 'uint8'])
@pytest.mark.parametrize('file', ['1.npy', '1.npz', '1.png.npy', '1.png.npz'])
def test_maps_of_any_kind_are_read(tmp_path, image, dtype, file):
    (tmp_path / 'train').mkdir()
    scaled = np.round(255 * MAPS) if dtype == 'uint8' else MAPS
    save = np.save if file.endswith('npy') else np.savez
    save(tmp_path / 'train' / file, scaled.astype(dtype))
    found = DiskPrior(tmp_path)(image, 'train/1.png')
    np.testing.assert_allclose(found, MAPS, atol=0.02)
    np.testing.assert_allclose(found.sum(0), 1, atol=1e-6)


def test_missing_maps_are_named(tmp_path, image):
    with pytest.raises(MapError, match=r"no map of 'train/1\.png'"):
        DiskPrior(tmp_path)(image, 'train/1.png')
    with pytest.raises(FileNotFoundError, match='there is no folder'):
        DiskPrior(tmp_path / 'nowhere')


def test_the_hash_is_of_the_maps(tmp_path):
    np.save(tmp_path / 'a.npy', MAPS)
    first = DiskPrior(tmp_path).weights_hash()
    np.save(tmp_path / 'a.npy', 1 - MAPS)
    assert DiskPrior(tmp_path).weights_hash() != first
