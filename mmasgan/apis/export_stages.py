"""Export of an ONNX model as stages without weights.

:mod:`mmasgan.apis.inference.onnx_stages` runs them.
"""

import json
import zipfile
from collections.abc import Mapping
from io import BytesIO
from typing import Any

import onnx

from .inference.onnx_stages import ABOUT

__all__ = ['encode_stages']

DATE = (1980, 1, 1, 0, 0, 0)  # for reproducible files


def encode_stages(
    model: onnx.ModelProto, about: Mapping[str, Any], names: Mapping[str, str]
) -> tuple[bytes, dict[str, onnx.TensorProto]]:
    """Split a model after each addition, the end of a residual block.

    Args:
        model: ONNX model with weights.
        about: Metadata of the file.
        names: Names of weights in their file, by names in the model.

    Returns:
        Content of the archive, and the weights that it does not contain, by
        name.
    """
    model = onnx.shape_inference.infer_shapes(model)
    graph = model.graph
    kinds = {
        value.name: value.type.tensor_type.elem_type
        for value in (*graph.input, *graph.value_info, *graph.output)
    }
    constants = {value.name: value for value in graph.initializer}
    pieces = _cut(list(graph.node))
    ends = [value.name for value in graph.output]
    weights: dict[str, onnx.TensorProto] = {}
    files, shapes = {}, []
    for number, nodes in enumerate(pieces):
        made = {name for node in nodes for name in node.output}
        used = {name for node in nodes for name in node.input if name}
        later = {
            name
            for piece in pieces[number + 1 :]
            for node in piece
            for name in node.input
        }
        taken = sorted(used - made - constants.keys())
        given = sorted(made & (later | set(ends)))
        held, own = [], {}
        for name in sorted(used & constants.keys()):
            tensor = constants[name]
            if name in names:
                own[names[name]] = list(tensor.dims)
                weights[names[name]] = tensor
                tensor = _placeholder(tensor, names[name])
            held.append(tensor)
        piece = onnx.helper.make_graph(
            [_renamed(node, names) for node in nodes],
            f'stage {number}',
            [_value(name, kinds[name]) for name in taken],
            [_value(name, kinds[name]) for name in given],
            held,
        )
        stage = onnx.helper.make_model(
            piece,
            opset_imports=model.opset_import,
            ir_version=model.ir_version,
        )
        files[f'{number:02}.onnx'] = stage.SerializeToString()
        shapes.append(own)
    metadata = {**about, 'stages': list(files), 'weights': shapes}
    files[ABOUT] = json.dumps(metadata).encode()
    return _archive(files), weights


def _cut(nodes: list[onnx.NodeProto]) -> list[list[onnx.NodeProto]]:
    pieces: list[list[onnx.NodeProto]] = [[]]
    for node in nodes:
        pieces[-1].append(node)
        if node.op_type == 'Add':
            pieces.append([])
    return [piece for piece in pieces if piece]


def _value(name: str, kind: int) -> onnx.ValueInfoProto:
    return onnx.helper.make_tensor_value_info(name, kind, None)


def _renamed(node: onnx.NodeProto, names: Mapping[str, str]) -> onnx.NodeProto:
    """Use the names of weights in the safetensors file."""
    copy = onnx.NodeProto()
    copy.CopyFrom(node)
    copy.input[:] = [names.get(name, name) for name in node.input]
    return copy


def _placeholder(tensor: onnx.TensorProto, name: str) -> onnx.TensorProto:
    """Return a tensor with external data."""
    empty = onnx.TensorProto(
        name=name,
        dims=tensor.dims,
        data_type=tensor.data_type,
        data_location=onnx.TensorProto.EXTERNAL,
    )
    empty.external_data.add(key='location', value='weights')
    return empty


def _archive(files: Mapping[str, bytes]) -> bytes:
    content = BytesIO()
    with zipfile.ZipFile(content, 'w') as archive:
        for name, data in files.items():
            info = zipfile.ZipInfo(name, DATE)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, data)
    return content.getvalue()
