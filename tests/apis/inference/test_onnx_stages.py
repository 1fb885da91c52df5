import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mmasgan.apis import TorchBackend, load_generator
from mmasgan.apis.inference import OnnxBackend, deblur_pixels, onnx_stages
from mmasgan.utils.model_index import (
    DEFAULT,
    obtain_weights,
    read_model_index,
)

INDEX = read_model_index()
PUBLISHED = sorted(
    {m.name for m in INDEX.values() if m.weights and 'motion' not in m.name}
)


def photo(height=50, width=61):
    path = Path(__file__).parents[3] / 'examples' / 'blurred.jpg'
    pixels = np.array(Image.open(path).convert('RGB'))
    return np.ascontiguousarray(pixels[200 : 200 + height, 200 : 200 + width])


@pytest.fixture(scope='module')
def default():
    return obtain_weights(INDEX[DEFAULT])


@pytest.mark.parametrize('name', PUBLISHED)
def test_published_weights_give_what_pytorch_gives(name):
    path = obtain_weights(INDEX[name])
    found = deblur_pixels(OnnxBackend(path), photo())
    expected = deblur_pixels(TorchBackend(load_generator(path)), photo())
    assert np.abs(found.astype(int) - expected).max() <= 1
    assert (found != photo()).any()


def test_stages_are_told_of_until_the_end(default):
    shares = []
    deblur_pixels(OnnxBackend(default), photo(), progress=shares.append)
    assert shares == sorted(shares)
    assert len(shares) > 10
    assert shares[0] < 0.2
    assert shares[-1] == 1


def test_they_stop_where_nobody_wants_more(default):
    told = []

    def stop(share):
        told.append(share)
        raise RuntimeError('allocated for nobody')

    with pytest.raises(RuntimeError, match='for nobody'):
        deblur_pixels(OnnxBackend(default), photo(), progress=stop)
    assert len(told) == 1


def copied(default, folder, change=lambda about: None):
    """Copy weights and stages, the latter changed."""
    weights = folder / default.name
    weights.write_bytes(default.read_bytes())
    with zipfile.ZipFile(default.with_suffix('.stages')) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    about = json.loads(files[onnx_stages.ABOUT])
    change(about)
    files[onnx_stages.ABOUT] = json.dumps(about).encode()
    with zipfile.ZipFile(weights.with_suffix('.stages'), 'w') as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return weights


def test_weights_alone_say_what_is_missing(default, tmp_path):
    path = tmp_path / 'mine.safetensors'
    path.write_bytes(default.read_bytes())
    with pytest.raises(FileNotFoundError, match=r"needs 'mine\.stages' next"):
        OnnxBackend(path)


def test_stages_of_other_weights_are_named(default, tmp_path):
    def change(about):
        about['weights'][0]['trunk.stem.weight'] = [1, 2, 3, 4]

    path = copied(default, tmp_path, change)
    with pytest.raises(ValueError, match=r'stem\.weight has another shape'):
        OnnxBackend(path)


@pytest.mark.parametrize(
    'change',
    [
        lambda about: about.pop('stages'),
        lambda about: about.update(stages=['none.onnx']),
        lambda about: about.update(weights=7),
        lambda about: about.update(reach=-1),
    ],
    ids=range(4),
)
def test_damaged_stages_are_named(default, tmp_path, change):
    path = copied(default, tmp_path, change)
    with pytest.raises(ValueError, match=r'damaged'):
        OnnxBackend(path)


def test_what_is_no_archive_is_named(default, tmp_path):
    path = copied(default, tmp_path)
    path.with_suffix('.stages').write_bytes(b'no archive')
    with pytest.raises(ValueError, match=r"\.stages' is damaged"):
        OnnxBackend(path)
    path.with_suffix('.stages').unlink()
    copied(default, tmp_path)
    path.write_bytes(b'no weights')
    with pytest.raises(ValueError, match='not a safetensors file'):
        OnnxBackend(path)


def test_an_archive_that_unpacks_to_much_is_refused(
    default, tmp_path, monkeypatch
):
    monkeypatch.setattr(onnx_stages, 'MOST_BYTES', 100)
    with pytest.raises(ValueError, match='too large'):
        OnnxBackend(copied(default, tmp_path))
