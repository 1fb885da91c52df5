import onnx
import pytest
from onnx import TensorProto, helper

from mmasgan.apis.inference.onnx_operators import refuse_loops

FLOAT = TensorProto.FLOAT


def value(name, kind=FLOAT, shape=(1,)):
    return helper.make_tensor_value_info(name, kind, shape)


def loop():
    """A node that goes round for as long as it is told, here for ever."""
    body = helper.make_graph(
        [
            helper.make_node('Identity', ['go'], ['again']),
            helper.make_node('Identity', ['x'], ['y']),
        ],
        'body',
        [
            value('i', TensorProto.INT64, ()),
            value('go', TensorProto.BOOL, ()),
            value('x'),
        ],
        [value('again', TensorProto.BOOL, ()), value('y')],
    )
    return helper.make_node('Loop', ['', 'on', 'image'], ['out'], body=body)


def model(nodes, functions=()):
    on = helper.make_tensor('on', TensorProto.BOOL, (), [True])
    graph = helper.make_graph(
        list(nodes), 'g', [value('image')], [value('out')], [on]
    )
    return helper.make_model(graph, functions=list(functions))


def plain(kind='Identity', **options):
    return helper.make_node(kind, ['image'], ['out'], **options)


def test_operators_that_go_round_are_refused():
    found = model([loop()])
    onnx.checker.check_model(found)
    with pytest.raises(ValueError, match='it contains the operator Loop'):
        refuse_loops(found.SerializeToString())


@pytest.mark.parametrize('kind', ['If', 'Loop', 'Scan', 'SequenceMap'])
def test_each_is_refused_in_the_graph_and_in_functions(kind):
    content = model([plain(), plain(kind)]).SerializeToString()
    with pytest.raises(ValueError, match=f'operator {kind};'):
        refuse_loops(content)
    function = helper.make_function(
        'mine', 'f', ['image'], ['out'], [plain(kind)], []
    )
    content = model([plain('f', domain='mine')], [function])
    with pytest.raises(ValueError, match=f'operator {kind};'):
        refuse_loops(content.SerializeToString())


def test_others_are_let_through():
    found = model([plain(), plain('Relu', name='Loop', doc_string='If')])
    entry = found.metadata_props.add()
    entry.key = entry.value = 'Loop'
    refuse_loops(found.SerializeToString())


@pytest.mark.parametrize(
    'content', [b'\x3a\x05\x0a', b'\xff' * 20, b'\x3a\xff\xff', b'\x0b', b'8']
)
def test_damage_is_named(content):
    with pytest.raises(ValueError, match='not an ONNX model, or is damaged'):
        refuse_loops(content)
