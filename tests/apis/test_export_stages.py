import json
import zipfile

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper

from mmasgan.apis import export_generator
from mmasgan.apis.export_stages import encode_stages
from mmasgan.apis.inference.onnx_stages import ABOUT
from mmasgan.generators import ResNetV2SFTGenerator


def model():
    """(x + w) * c + x, in two pieces."""
    nodes = [
        helper.make_node('Add', ['x', 'n.w'], ['a']),
        helper.make_node('Mul', ['a', 'c'], ['b']),
        helper.make_node('Add', ['b', 'x'], ['y']),
    ]
    values = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [2])
        for name in 'xy'
    ]
    held = [
        numpy_helper.from_array(np.array([1, 2], 'f4'), 'n.w'),
        numpy_helper.from_array(np.array([3, 4], 'f4'), 'c'),
    ]
    graph = helper.make_graph(nodes, 'g', values[:1], values[1:], held)
    return helper.make_model(
        graph, ir_version=9, opset_imports=[helper.make_opsetid('', 18)]
    )


def unpacked(content, folder):
    path = folder / 'x.zip'
    path.write_bytes(content)
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    return json.loads(files.pop(ABOUT)), files


def test_a_model_is_cut_behind_additions(tmp_path):
    content, weights = encode_stages(model(), {'a': 1}, {'n.w': 'w'})
    about, files = unpacked(content, tmp_path)
    assert about['a'] == 1
    assert about['stages'] == ['00.onnx', '01.onnx']
    assert about['weights'] == [{'w': [2]}, {}]
    assert list(weights) == ['w']
    first, second = (
        onnx.load_from_string(files[name]).graph for name in about['stages']
    )
    names = [
        [value.name for value in values]
        for values in (first.input, first.output, second.input, second.output)
    ]
    assert names == [['x'], ['a'], ['a', 'x'], ['y']]
    assert first.initializer[0].name == 'w'
    assert not first.initializer[0].raw_data
    np.testing.assert_array_equal(
        numpy_helper.to_array(second.initializer[0]), [3, 4]
    )


def test_the_same_model_gives_the_same_file():
    first, second = (encode_stages(model(), {}, {})[0] for _ in range(2))
    assert first == second


@pytest.mark.process
def test_constants_of_the_uniform_map_stay_in_the_file(tmp_path):
    torch.manual_seed(0)
    generator = ResNetV2SFTGenerator(base_channels=24, num_blocks=1).eval()
    done = export_generator(generator, tmp_path / 'g.stages')
    about, _ = unpacked(done.path.read_bytes(), tmp_path)
    names = {name for shapes in about['weights'] for name in shapes}
    assert names < set(generator.state_dict())
    shapes = [each for shapes in about['weights'] for each in shapes.values()]
    assert [3, 24, 7, 7] in shapes  # the last one, not as it is computed
    assert not any('norm' in name for name in names)
    assert about['reach'] == 0
    assert max(done.differences.values()) < 1e-4
