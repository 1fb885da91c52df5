import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tiny import make_checkpoint

from mmasgan.apis.choice import (
    choose_backend,
    has_pytorch,
    onnx_file,
)
from mmasgan.apis.inference import fallback
from mmasgan.apis.inference.onnx_backend import OnnxBackend
from mmasgan.utils.model_index import (
    DEFAULT,
    obtain_weights,
    read_model_index,
)

PHOTO = Path(__file__).parents[2] / 'examples' / 'blurred.jpg'
PIXELS = np.asarray(Image.open(PHOTO).convert('RGB'))[200:248, 200:240]
IMAGE = PIXELS.astype('f4') / 127.5 - 1


@pytest.fixture
def no_pytorch(monkeypatch):
    monkeypatch.setitem(sys.modules, 'torch', None)
    assert not has_pytorch()


@pytest.mark.runner
def test_without_pytorch_the_default_runs_by_onnx_runtime(no_pytorch):
    expected = OnnxBackend(obtain_weights(read_model_index()[DEFAULT]))(IMAGE)
    assert np.abs(expected - IMAGE).max() > 0.01
    for tile in ('auto', 'whole', 'tiles'):
        backend = choose_backend(tile=tile)(print)
        np.testing.assert_allclose(backend(IMAGE), expected, atol=1e-5)


def test_it_turns_to_strips_where_memory_is_short(no_pytorch, monkeypatch):
    said = []
    backend = choose_backend()(said.append)
    whole, strips = backend.attempts
    assert strips.needed(9000, 1000) < whole.needed(9000, 1000) / 2
    room = strips.needed(9000, 1000) / fallback.SHARE
    monkeypatch.setattr(fallback, 'available_memory', lambda: int(room) + 1)
    backend(np.zeros((9000, 16, 3), np.float32))
    assert said == []
    monkeypatch.setattr(fallback, 'available_memory', lambda: 1)
    with pytest.raises(MemoryError, match='in strips by ONNX Runtime need'):
        backend(IMAGE)


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        (dict(weights='gone'), "'gone' is neither a file nor one of"),
        (dict(device='cuda'), 'ONNX Runtime supports --device auto or cpu'),
        (dict(precision='float16'), 'supports --precision auto or float32'),
        (dict(config='x.py', weights='x.pth'), '--config cannot be used with'),
        (dict(config='x.py'), '--config needs --checkpoint'),
    ],
)
def test_what_does_not_fit_is_named(no_pytorch, options, message):
    with pytest.raises((ValueError, OSError), match=message):
        choose_backend(**options)


def test_a_motion_network_is_refused_with_the_models_to_use(no_pytorch):
    message = (
        r"motion_small_gopro\.safetensors' contains a motion network, which "
        'cannot deblur; use one of the models ascyclegan_plus_small_gopro, '
        'ascyclegan_plus_unet_small_gopro$'
    )
    with pytest.raises(ValueError, match=message):
        choose_backend(weights='motion_small_gopro')


def test_a_checkpoint_needs_pytorch(tmp_path):
    make_checkpoint(tmp_path / 'w.pth')
    with pytest.raises(
        ValueError, match=r"w\.pth' can only be read by PyTorch"
    ):
        onnx_file(str(tmp_path / 'w.pth'))


def test_pytorch_is_taken_where_it_is():
    backend = choose_backend()(print)
    assert 'on the CPU' in backend.attempts[0].words
    default = str(obtain_weights(read_model_index()[DEFAULT]))
    backend = choose_backend(default, backend='onnx')(print)
    assert 'ONNX Runtime' in backend.attempts[0].words
