"""ONNX models as a sequence of sessions.

A model in the package has a safetensors file with the weights, which PyTorch
also reads, and a ``.stages`` file with the graph. This is an archive of ONNX
models without weights, whose inputs are outputs of earlier ones. Between two
stages, progress is reported, and the computation can be stopped.
"""

import json
import zipfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ...utils.model_index import read_model_index
from .onnx_operators import refuse_loops

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

__all__ = [
    'ABOUT',
    'SUFFIX',
    'Stage',
    'one_stage',
    'read_stages',
    'run_stages',
]

SUFFIX = '.stages'
ABOUT = 'about.json'  # metadata in the archive
SHRINK = 'memory.enable_memory_arena_shrinkage'
MOST_BYTES = 64 * 2**20  # of an unpacked archive

Values = Mapping[str, np.ndarray]


class Stage(NamedTuple):
    """A stage of a model."""

    session: 'InferenceSession'
    inputs: Sequence[str]
    outputs: Sequence[str]
    weights: int = 1  # their number, for an estimate of the time


def run_stages(
    stages: Sequence[Stage], values: Values, done: Any = None
) -> dict[str, np.ndarray]:
    """Run the stages of a model.

    Args:
        stages: Stages, in order.
        values: Inputs of the first stages, by name.
        done: Function called after each stage, with its index and the shapes
            of its inputs and outputs.

    Returns:
        Outputs of the last stage, by name.
    """
    from onnxruntime import OrtValue, RunOptions

    # NumPy arrays would be copied between stages.
    held = {
        name: OrtValue.ortvalue_from_numpy(array)
        for name, array in values.items()
    }
    for number, stage in enumerate(stages):
        given = {name: held[name] for name in stage.inputs}
        options = RunOptions()
        if stage is stages[-1]:  # release memory
            options.add_run_config_entry(SHRINK, 'cpu:0')
        found = stage.session.run_with_ort_values(
            stage.outputs, given, options
        )
        held |= dict(zip(stage.outputs, found, strict=True))
        later = {name for each in stages[number + 1 :] for name in each.inputs}
        later |= set(stages[-1].outputs)
        held = {name: value for name, value in held.items() if name in later}
        if done is not None:
            done(number, [v.shape() for v in (*given.values(), *found)])
        del given, found
    return {name: held[name].numpy() for name in stages[-1].outputs}


def read_stages(
    path: Path, threads: int | None
) -> tuple[list[Stage], dict[str, Any]]:
    """Read weights and the stages next to them.

    Returns:
        Stages, and metadata of the model.

    Raises:
        FileNotFoundError: If there is no ``.stages`` file.
        ImportError: If a package is missing.
        ValueError: If a file is damaged, or the two files do not match.
    """
    place = path.with_suffix(SUFFIX)
    if not place.is_file() and _has_motion_network(path):
        raise ValueError(
            f"'{path}' contains a motion network, which cannot deblur; use "
            f'one of the models {", ".join(_models())}'
        )
    if not place.is_file():
        raise FileNotFoundError(
            f"'{path}' needs '{place.name}' next to it to run without "
            f'PyTorch; on a machine with PyTorch, `mmasgan export --weights '
            f'{path.name} -o {place.name}` creates it'
        )
    weights = _read_weights(path)
    try:
        with zipfile.ZipFile(place) as archive:
            infos = archive.infolist()
            if sum(info.file_size for info in infos) > MOST_BYTES:
                raise ValueError('it is too large')
            about = json.loads(archive.read(ABOUT))
            graphs = [archive.read(name) for name in about['stages']]
            needed = [dict(each) for each in about['weights']]
            pairs = list(zip(graphs, needed, strict=True))
    except (OSError, ValueError, KeyError, TypeError, RecursionError,
            zipfile.BadZipFile) as error:  # fmt: skip
        raise ValueError(f"'{place}' is damaged: {error!r}") from error
    stages = []
    for graph, shapes in pairs:
        own = {}
        for name, shape in shapes.items():
            if list(weights.get(name, np.empty(())).shape) != shape:
                raise ValueError(
                    f"'{place}' does not match '{path.name}': {name} has "
                    'another shape'
                )
            own[name] = weights[name]
        stages.append(one_stage(place, threads, graph, own))
    return stages, about


def _has_motion_network(path: Path) -> bool:
    try:
        from safetensors import safe_open

        with safe_open(path, 'numpy') as file:
            about = json.loads(file.metadata()['mmasgan'])
            return about['generator']['type'].endswith('MotionNetwork')
    except Exception:  # of any class; reading the weights reports it
        return False


def _models() -> list[str]:
    """Return the names of the models that run without PyTorch."""
    found = {
        model.name
        for model in read_model_index().values()
        if model.weights
        and (model.folder / f'{Path(model.weights).stem}{SUFFIX}').is_file()
    }
    return sorted(found)


def _read_weights(path: Path) -> dict[str, np.ndarray]:
    """Read the tensors of a safetensors file, in float32."""
    try:
        from safetensors.numpy import load_file
    except ImportError as error:
        raise ImportError(
            f"'{path}' needs safetensors: pip install safetensors"
        ) from error
    try:
        tensors = load_file(path)
    except Exception as error:  # of any class
        raise ValueError(
            f"'{path}' is not a safetensors file, or is damaged: {error}"
        ) from error
    return {name: array.astype('f4') for name, array in tensors.items()}


@cache
def _share_memory() -> None:
    """Let all sessions of this process share an allocator."""
    import onnxruntime as ort

    kind = ort.OrtAllocatorType.ORT_ARENA_ALLOCATOR
    cpu = ort.OrtMemoryInfo('Cpu', kind, 0, ort.OrtMemType.DEFAULT)
    with suppress(Exception):  # if the program already has one
        ort.create_and_register_allocator(cpu, ort.OrtArenaCfg(0, 1, -1, -1))


def one_stage(
    path: Path,
    threads: int | None,
    graph: bytes | None = None,
    weights: Values | None = None,
) -> Stage:
    """Open an ONNX model, or the graph of a stage with its weights.

    Raises:
        ImportError: If ONNX Runtime is missing.
        ValueError: If it is not an ONNX model.
    """
    try:
        import onnxruntime
    except ImportError as error:
        raise ImportError(
            'ONNX models need onnxruntime: pip install onnxruntime'
        ) from error
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # errors are raised as well
    if threads is not None:
        options.intra_op_num_threads = threads
    if weights is not None:
        # Otherwise, each session would keep its memory.
        _share_memory()
        options.add_session_config_entry('session.use_env_allocators', '1')
        options.add_external_initializers(
            list(weights),
            [
                onnxruntime.OrtValue.ortvalue_from_numpy(array)
                for array in weights.values()
            ],
        )
    try:
        refuse_loops(path.read_bytes() if graph is None else graph)
        session = onnxruntime.InferenceSession(
            str(path) if graph is None else graph,
            options,
            ['CPUExecutionProvider'],
        )
    except Exception as error:  # of any class
        cause = ' '.join(str(error).split())
        raise ValueError(
            f"'{path}' is not an ONNX model, or is damaged: {cause}"
        ) from error
    return Stage(
        session,
        [value.name for value in session.get_inputs()],
        [value.name for value in session.get_outputs()],
        1 if weights is None else sum(each.size for each in weights.values()),
    )
