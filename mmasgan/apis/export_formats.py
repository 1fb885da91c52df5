"""Formats of exported generators, and their runtimes."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from ..generators.resnetv2_sft_generator import MIN_SIZE
from .exportable import keep_weights, names_of_weights
from .inference.onnx_backend import IMAGE, METADATA, SEMANTIC, OnnxBackend
from .inference.onnx_stages import SUFFIX

__all__ = ['FORMATS', 'OPSET', 'Format', 'Inputs', 'Runner']

OPSET = 18  # the oldest that PyTorch supports
OUTPUT = 'sharp'

Inputs = tuple[Tensor, ...]  # images, and optionally maps
Runner = Callable[..., Tensor]


class Format(NamedTuple):
    """Functions to write and run files of a format.

    Attributes:
        write: Function of the generator, inputs for tracing, metadata, opset,
            and path.
        load: Function of the path that returns a function of inputs.
    """

    write: Callable[[nn.Module, Inputs, Mapping[str, Any], int, Path], None]
    load: Callable[[Path], Runner]


def _write_onnx(
    generator: nn.Module,
    inputs: Inputs,
    about: Mapping[str, Any],
    opset: int,
    path: Path,
) -> None:
    model = _model(generator, inputs, opset)
    import onnx

    onnx.helper.set_model_props(model, {METADATA: json.dumps(about)})
    onnx.save(model, path)


def _write_stages(
    generator: nn.Module,
    inputs: Inputs,
    about: Mapping[str, Any],
    opset: int,
    path: Path,
) -> None:
    keep_weights(generator)
    model = _model(generator, inputs, opset)
    import onnx
    from safetensors.numpy import save_file

    from .export_stages import encode_stages

    content, weights = encode_stages(model, about, names_of_weights(generator))
    path.write_bytes(content)
    tensors = {
        name: onnx.numpy_helper.to_array(value)
        for name, value in weights.items()
    }
    save_file(tensors, path.with_suffix('.safetensors'))


def _model(generator: nn.Module, inputs: Inputs, opset: int) -> Any:
    """Return an ONNX model without information on this machine."""
    try:
        import onnx
        import onnxruntime  # noqa: F401  needed to run it
        import onnxscript  # noqa: F401  needed by the exporter
    except ImportError as error:
        raise ImportError(
            f'the export needs {error.name}: pip install onnx onnxruntime '
            'onnxscript'
        ) from error
    program = torch.onnx.export(
        _trace(generator, inputs),
        dynamo=True,
        opset_version=opset,
        # Independent of the names in the generator.
        input_names=[IMAGE, SEMANTIC][: len(inputs)],
        output_names=[OUTPUT],
        verbose=False,
    )
    assert program is not None
    model = program.model_proto
    # For old runtimes: PyTorch sets a newer version than needed.
    model.ir_version = onnx.helper.find_min_ir_version_for(model.opset_import)
    graph = model.graph
    values = (*graph.input, *graph.output)
    # Metadata of nodes contains paths of this machine.
    for part in (graph, *graph.node, *graph.initializer, *values):
        del part.metadata_props[:]
    del graph.value_info[:]
    for value in values:
        number, _, height, width = value.type.tensor_type.shape.dim
        number.dim_param, height.dim_param, width.dim_param = 'NHW'
    del model.metadata_props[:]
    return model


def _load_onnx(path: Path) -> Runner:
    backend = OnnxBackend(path)

    def run(*inputs: Tensor) -> Tensor:
        arrays = (value.numpy() for value in inputs)
        named = dict(zip((IMAGE, SEMANTIC), arrays, strict=False))
        return torch.from_numpy(backend.run(named))

    return run


def _write_program(
    generator: nn.Module,
    inputs: Inputs,
    about: Mapping[str, Any],
    opset: int,
    path: Path,
) -> None:
    program = _trace(generator, inputs)
    for node in program.graph.nodes:
        node.meta.pop('stack_trace', None)  # contains paths of this machine
    extra = {f'{METADATA}.json': json.dumps(about)}
    torch.export.save(program, path, extra_files=extra)


def _trace(
    generator: nn.Module, inputs: Inputs
) -> torch.export.ExportedProgram:
    side = torch.export.Dim.DYNAMIC(min=MIN_SIZE)
    axes = {0: torch.export.Dim.DYNAMIC(min=1), 2: side, 3: side}
    return torch.export.export(
        generator, inputs, dynamic_shapes=tuple(axes for _ in inputs)
    )


FORMATS = {
    '.onnx': Format(_write_onnx, _load_onnx),
    '.pt2': Format(
        _write_program, lambda path: torch.export.load(path).module()
    ),
    SUFFIX: Format(
        _write_stages,
        lambda path: _load_onnx(path.with_suffix('.safetensors')),
    ),
}
"""Formats by the suffix of the file."""
