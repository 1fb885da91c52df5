import json

import onnx
import pytest
import torch
from exported import KINDS, images, make, maps

from mmasgan.apis import export_generator
from mmasgan.apis.export_formats import FORMATS


def test_the_graph_is_plain(exported):
    _, done = exported(semantic=True)
    model = onnx.load(done.path)
    onnx.checker.check_model(model, full_check=True)
    used = {node.op_type for node in model.graph.node}
    assert {'InstanceNormalization', 'ConvTranspose', 'Pad'} <= used
    assert not used & {'Loop', 'If', 'Scan', 'BatchNormalization'}
    assert [entry.name for entry in model.graph.input] == ['image', 'semantic']
    assert [entry.name for entry in model.graph.output] == ['sharp']
    for entry in (*model.graph.input, *model.graph.output):
        number, _, height, width = entry.type.tensor_type.shape.dim
        for side in (number, height, width):
            assert not side.HasField('dim_value')
    (about,) = (p.value for p in model.metadata_props if p.key == 'mmasgan')
    assert json.loads(about)['classes'] == 3


@pytest.mark.parametrize('suffix', ['.onnx', '.pt2'])
def test_semantic_maps_steer_what_was_exported(suffix, exported):
    generator, done = exported(suffix=suffix, semantic=True)
    run = FORMATS[suffix].load(done.path)
    size = (2, 33, 50)
    x, classes = torch.from_numpy(images(*size)), torch.from_numpy(maps(*size))
    with torch.no_grad():
        expected = generator(x, classes)
        assert (generator(x, classes.flip(1)) - expected).abs().max() > 1e-3
        found = run(x, classes)
    torch.testing.assert_close(found, expected, atol=5e-5, rtol=0)


def test_nothing_of_this_machine_is_in_a_file(exported):
    for suffix in FORMATS:
        _, done = exported('without norms', suffix)
        content = done.path.read_bytes()
        assert b'site-packages' not in content
        assert b'mmasgan/generators' not in content


@pytest.mark.process
def test_a_program_says_what_it_is(tmp_path):
    generator = make(**KINDS['without norms'])
    done = export_generator(
        generator, tmp_path / 'a.pt2', origin=dict(source='here')
    )
    extra = {'mmasgan.json': ''}
    torch.export.load(done.path, extra_files=extra)
    about = json.loads(extra['mmasgan.json'])
    assert about['classes'] == 0
    assert about['source'] == 'here'
