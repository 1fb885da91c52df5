import os

import numpy as np
import pytest
from PIL import Image
from tiny import make_checkpoint

from mmasgan.apis import deblur, deblur_image, load_generator, one_call
from mmasgan.apis.inference import deblur_pixels, torch_backend


@pytest.fixture
def weights(tmp_path):
    path = tmp_path / 'a.pth'
    make_checkpoint(path)
    return path


def pixels(dtype=np.uint8):
    draw = np.random.default_rng(0)
    return draw.integers(0, np.iinfo(dtype).max, (20, 25, 3), dtype)


def test_by_default_it_is_the_published_model(photo):
    expected = deblur_image(load_generator(), photo)
    assert (expected != photo).any()
    np.testing.assert_array_equal(deblur(photo, device='cpu'), expected)


@pytest.mark.parametrize('dtype', [np.uint8, np.uint16])
def test_an_array_is_deblurred(weights, dtype):
    expected = deblur_image(load_generator(weights), pixels(dtype))
    found = deblur(pixels(dtype), weights, 'cpu')
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, expected)


def test_a_file_is_read(weights, tmp_path):
    Image.fromarray(pixels()).save(tmp_path / 'a.png')
    found = deblur(tmp_path / 'a.png', weights, 'cpu')
    np.testing.assert_array_equal(found, deblur(pixels(), weights, 'cpu'))


def test_options_are_applied(weights, monkeypatch):
    monkeypatch.setattr(torch_backend, 'has_instructions', lambda _: True)
    given = (pixels(), weights, 'cpu')
    np.testing.assert_array_equal(deblur(*given, strength=0), pixels())
    backend = one_call.TorchBackend(load_generator(weights))
    expected = deblur_pixels(backend, pixels(), self_ensemble=True)
    found = deblur(*given, self_ensemble=True)
    np.testing.assert_array_equal(found, expected)
    half = deblur(*given, precision='bfloat16')
    assert (half != deblur(*given)).any()


def test_the_model_is_loaded_once_until_its_file_changes(weights, monkeypatch):
    calls = []

    def load(*arguments):
        calls.append(arguments)
        return load_generator(*arguments)

    monkeypatch.setattr(one_call, 'load_generator', load)
    for _ in range(3):
        deblur(pixels(), weights, 'cpu')
    assert calls == [(str(weights), 'cpu')]
    os.utime(weights, (1, 1))
    deblur(pixels(), weights, 'cpu')
    assert len(calls) == 2


def test_what_is_missing_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r'gone\.pth'):
        deblur(pixels(), tmp_path / 'gone.pth', 'cpu')
    with pytest.raises(ValueError, match=r"gone\.png' does not exist"):
        deblur(tmp_path / 'gone.png', device='cpu')
