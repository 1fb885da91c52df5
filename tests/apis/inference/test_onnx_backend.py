import re
import subprocess
import sys

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper

from mmasgan.apis import TorchBackend, export_generator
from mmasgan.apis.inference import OnnxBackend, deblur_pixels, onnx_backend
from mmasgan.apis.inference.steps import listening
from mmasgan.generators import PixelUnshuffleUNet, ResNetV2SFTGenerator


@pytest.fixture(scope='module')
def generator(exported):
    return exported()[0]


@pytest.fixture(scope='module')
def steered(exported):
    return exported(semantic=True)[1].path


@pytest.fixture(scope='module')
def plain(exported):
    return exported()[1].path


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


@pytest.mark.process
def test_pytorch_is_not_imported(plain, tmp_path):
    np.save(tmp_path / 'in.npy', np.full((16, 20, 3), 90, np.uint8))
    code = f"""
import sys
import numpy as np
from mmasgan.apis.inference import OnnxBackend, deblur_pixels, onnx_backend

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
    with pytest.raises(
        ValueError, match=r'not support semantic maps; .*--semantic'
    ):
        OnnxBackend(plain)(image(), semantic())


def test_what_does_not_fit_is_named(steered):
    with pytest.raises(ValueError, match=re.escape(f"{steered}'")):
        OnnxBackend(steered)(image(), semantic(width=30))


def test_other_files_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"gone\.onnx'"):
        OnnxBackend(tmp_path / 'gone.onnx')
    garbage = tmp_path / 'garbage.onnx'
    garbage.write_bytes(b'no model')
    with pytest.raises(
        ValueError, match=r"garbage\.onnx' is not an ONNX model"
    ):
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
    with pytest.raises(ValueError, match='not a model of mmasgan export'):
        OnnxBackend(tmp_path / 'other.onnx')


def test_lack_of_memory_is_a_memory_error(plain, monkeypatch):
    backend = OnnxBackend(plain)

    def full(*_):
        raise RuntimeError('bfc_arena.cc: Failed to allocate memory')

    monkeypatch.setattr(onnx_backend, 'run_stages', full)
    with pytest.raises(MemoryError, match='Failed to allocate'):
        backend(image())


def test_what_is_missing_is_named(plain, monkeypatch):
    monkeypatch.setitem(sys.modules, 'onnxruntime', None)
    with pytest.raises(ImportError, match=r'pip install onnxruntime'):
        OnnxBackend(plain)


@pytest.mark.parametrize(
    'text',
    [
        '{"classes": "x", "min_size": 16}',
        '{"classes": 1e9, "min_size": 16}',
        '{"classes": 0, "min_size": true}',
        '{"classes": [], "min_size": 16}',
        '[' * 100_000,
        '7',
    ],
    ids=range(6),
)
def test_odd_metadata_are_named(plain, tmp_path, text):
    model = onnx.load(plain)
    model.metadata_props[0].value = text
    onnx.save(model, tmp_path / 'odd.onnx')
    with pytest.raises(ValueError, match=r"odd\.onnx' is not a model of"):
        OnnxBackend(tmp_path / 'odd.onnx')


def test_a_model_with_loops_is_refused_by_name(plain, tmp_path):
    model = onnx.load(plain)
    model.graph.node.append(helper.make_node('Loop', ['', ''], ['x']))
    onnx.save(model, tmp_path / 'loop.onnx')
    with pytest.raises(ValueError, match=r"loop\.onnx'.* operator Loop;"):
        OnnxBackend(tmp_path / 'loop.onnx')


@pytest.mark.process
@pytest.mark.parametrize(
    'generator',
    [
        ResNetV2SFTGenerator(
            base_channels=4, num_blocks=1, sft=False, norm=False
        ),
        PixelUnshuffleUNet(channels=(4, 4), blocks=(1, 1), up_blocks=(1,)),
    ],
    ids=lambda each: type(each).__name__,
)
def test_strips_are_the_whole(generator, tmp_path):
    with torch.no_grad():
        for weight in generator.parameters():
            weight.copy_(torch.randn(weight.shape) * 0.2)
    path = export_generator(generator.eval(), tmp_path / 'g.onnx').path
    backend = OnnxBackend(path)
    height = 5 * backend.halo + 9
    whole = backend(image(height))
    assert np.abs(whole - image(height)).max() > 0.01
    shares = []
    with listening(shares.append):
        strips = backend.in_strips(image(height))
    assert shares == [1 / 3, 2 / 3, 1]
    np.testing.assert_allclose(strips, whole, atol=1e-5)


def test_a_model_of_the_whole_image_has_no_strips(plain):
    with pytest.raises(ValueError, match='run it on whole images'):
        OnnxBackend(plain).in_strips(image())
