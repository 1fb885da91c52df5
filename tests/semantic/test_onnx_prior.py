import sys

import numpy as np
import pytest

from mmasgan.semantic import OnnxPrior


@pytest.fixture
def make(tmp_path):
    """Write a model that takes channels to classes by a 1x1 convolution."""
    onnx = pytest.importorskip('onnx')
    pytest.importorskip('onnxruntime')

    def make(weight, size=('h', 'w'), softmax=False):
        helper = onnx.helper
        kinds = onnx.TensorProto.FLOAT
        nodes = [helper.make_node('Conv', ['image', 'weight'], ['logits'])]
        if softmax:
            nodes.append(
                helper.make_node('Softmax', ['logits'], ['out'], axis=1)
            )
        weight = np.asarray(weight, np.float32)[:, :, None, None]
        value = helper.make_tensor_value_info
        graph = helper.make_graph(
            nodes,
            'g',
            [value('image', kinds, (1, 3, *size))],
            [value(nodes[-1].output[0], kinds, None)],
            [onnx.numpy_helper.from_array(weight, 'weight')],
        )
        opset = [helper.make_opsetid('', 13)]
        model = helper.make_model(graph, opset_imports=opset, ir_version=8)
        path = tmp_path / 'model.onnx'
        onnx.save(model, str(path))
        return path

    return make


WEIGHT = np.random.default_rng(0).normal(size=(8, 3))


@pytest.mark.parametrize('softmax', [False, True])
def test_the_model_sees_normalised_rgb(make, image, softmax):
    path = make(WEIGHT, softmax=softmax)
    mean, std = (0.1, 0.2, 0.3), (0.4, 0.5, 0.6)
    prior = OnnxPrior(path, 'outdoor', mean, std, logits=not softmax)
    found = prior(image)
    pixel = (image[5, 6] / 255 - np.array(mean)) / np.array(std)
    powers = np.exp(WEIGHT @ pixel)
    assert found.shape == (8, 33, 47)
    np.testing.assert_allclose(
        found[:, 5, 6], powers / powers.sum(), atol=1e-5
    )


def test_logits_are_not_taken_for_probabilities(make, image):
    prior = OnnxPrior(make(WEIGHT), 'outdoor', logits=False)
    with pytest.raises(ValueError, match='is not a probability map'):
        prior(image)


def test_a_fixed_size_is_the_models_own(make, image):
    assert OnnxPrior(make(WEIGHT, (16, 24)), 'outdoor')(image).shape == (
        8,
        16,
        24,
    )
    prior = OnnxPrior(make(WEIGHT), 'outdoor', size=(12, 20))
    assert prior(image).shape == (8, 12, 20)


def test_the_hash_is_of_the_file(make):
    first = OnnxPrior(make(WEIGHT), 'outdoor').weights_hash()
    assert first != OnnxPrior(make(2 * WEIGHT), 'outdoor').weights_hash()
    path = make(WEIGHT)
    assert first == OnnxPrior(path, 'outdoor').weights_hash()
    path.with_name('model.onnx.data').write_bytes(b'x')
    assert first != OnnxPrior(path, 'outdoor').weights_hash()


def test_what_is_no_model_is_refused(tmp_path):
    pytest.importorskip('onnxruntime')
    with pytest.raises(FileNotFoundError, match='there is no ONNX model'):
        OnnxPrior(tmp_path / 'a.onnx')
    (tmp_path / 'a.onnx').write_bytes(b'x' * 100)
    with pytest.raises(ValueError, match='cannot load'):
        OnnxPrior(tmp_path / 'a.onnx')


def test_missing_onnxruntime_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, 'onnxruntime', None)
    with pytest.raises(ImportError, match='pip install onnxruntime'):
        OnnxPrior('x.onnx')
