import subprocess
import sys

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper

from mmasgan.apis import TorchBackend, export_generator
from mmasgan.generators import ResNetV2SFTGenerator
from mmasgan.inference import OnnxBackend, deblur_pixels


@pytest.fixture(scope='module')
def generator():
    torch.manual_seed(0)
    generator = ResNetV2SFTGenerator(
        base_channels=4, num_blocks=1, num_classes=3
    )
    for name, parameter in generator.named_parameters():
        if 'scale' in name or 'shift' in name:  # they start without effect
            torch.nn.init.normal_(parameter, std=0.1)
    generator.decoder[-2].weight.data *= 30  # starts near the identity
    return generator.eval()


@pytest.fixture(scope='module')
def steered(generator, tmp_path_factory):
    out = tmp_path_factory.mktemp('onnx') / 'steered.onnx'
    return export_generator(generator, out, semantic=True).path


@pytest.fixture(scope='module')
def plain(generator, tmp_path_factory):
    out = tmp_path_factory.mktemp('onnx') / 'plain.onnx'
    return export_generator(generator, out).path


def image(height=21, width=34):
    draw = np.random.default_rng(0)
    return draw.uniform(-1, 1, (height, width, 3)).astype(np.float32)


def semantic(height=21, width=34):
    draw = np.random.default_rng(1)
    probabilities = draw.dirichlet(np.ones(3), (height, width))
    return probabilities.transpose(2, 0, 1).astype(np.float32)


def test_it_puts_out_what_pytorch_does(generator, plain):
    expected = TorchBackend(generator)(image())
    found = OnnxBackend(plain, threads=1)(image())
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=5e-5)


def test_semantic_maps_are_taken(generator, steered):
    backend, pytorch = OnnxBackend(steered), TorchBackend(generator)
    expected = pytorch(image(), semantic())
    np.testing.assert_allclose(
        backend(image(), semantic()), expected, atol=5e-5
    )
    uniform = backend(image())
    np.testing.assert_allclose(uniform, pytorch(image()), atol=5e-5)
    assert np.abs(uniform - expected).max() > 1e-3


def test_pytorch_is_not_imported(plain, tmp_path):
    np.save(tmp_path / 'in.npy', np.full((16, 20, 3), 90, np.uint8))
    code = f"""
import sys
import numpy as np
from mmasgan.inference import OnnxBackend, deblur_pixels

pixels = np.load({str(tmp_path / 'in.npy')!r})
np.save({str(tmp_path / 'out.npy')!r}, deblur_pixels(
    OnnxBackend({str(plain)!r}), pixels))
print(sorted({{'torch', 'mmagic', 'mmcv'}} & set(sys.modules)))
"""
    done = subprocess.run(
        [sys.executable, '-c', code], capture_output=True, text=True
    )
    assert done.stdout == '[]\n', done.stderr
    pixels = np.load(tmp_path / 'in.npy')
    np.testing.assert_array_equal(
        np.load(tmp_path / 'out.npy'),
        deblur_pixels(OnnxBackend(plain), pixels),
    )


def test_a_map_that_is_not_taken_is_refused(plain):
    with pytest.raises(ValueError, match=r'no semantic map; .*--semantic'):
        OnnxBackend(plain)(image(), semantic())


def test_what_does_not_fit_is_named(steered):
    with pytest.raises(ValueError, match=r"steered\.onnx'"):
        OnnxBackend(steered)(image(), semantic(width=30))


def test_other_files_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"gone\.onnx'"):
        OnnxBackend(tmp_path / 'gone.onnx')
    garbage = tmp_path / 'garbage.onnx'
    garbage.write_bytes(b'no model')
    with pytest.raises(ValueError, match=r"garbage\.onnx' is no ONNX model"):
        OnnxBackend(garbage)
    entries = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [1])
        for name in ('a', 'b')
    ]
    node = helper.make_node('Relu', ['a'], ['b'])
    graph = helper.make_graph([node], 'other', entries[:1], entries[1:])
    other = helper.make_model(
        graph, ir_version=9, opset_imports=[helper.make_opsetid('', 18)]
    )
    onnx.save(other, tmp_path / 'other.onnx')
    with pytest.raises(ValueError, match='no model that mmasgan export made'):
        OnnxBackend(tmp_path / 'other.onnx')


def test_lack_of_memory_is_a_memory_error(plain, monkeypatch):
    backend = OnnxBackend(plain)

    class Full:
        def run(self, names, inputs):
            raise RuntimeError('bfc_arena.cc: Failed to allocate memory')

    monkeypatch.setattr(backend, 'session', Full())
    with pytest.raises(MemoryError, match='Failed to allocate'):
        backend(image())


def test_what_is_missing_is_named(plain, monkeypatch):
    monkeypatch.setitem(sys.modules, 'onnxruntime', None)
    with pytest.raises(ImportError, match=r'pip install "mmasgan\[onnx\]"'):
        OnnxBackend(plain)
