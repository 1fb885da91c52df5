"""A model that ``mmasgan export`` made, without PyTorch."""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

__all__ = ['IMAGE', 'METADATA', 'SEMANTIC', 'OnnxBackend']

IMAGE, SEMANTIC = 'image', 'semantic'  # inputs
METADATA = 'mmasgan'  # the entry of an exported file that tells what it is


class OnnxBackend:
    """Runs an exported model on a CPU, by ONNX Runtime.

    Args:
        path: A file that ``mmasgan export`` made.
        threads: On how many threads; None is one for each core.

    Attributes:
        metadata: What the file says of itself: ``classes`` of its semantic
            maps, 0 where it takes none, ``min_size`` of a side, and where it
            comes from.
        session: Runs it.

    Raises:
        FileNotFoundError: If there is no such file.
        ImportError: If ONNX Runtime is missing.
        ValueError: If it is another kind of file.
    """

    def __init__(
        self, path: str | os.PathLike[str], threads: int | None = None
    ) -> None:
        self.path = Path(path)
        if not self.path.is_file():
            raise FileNotFoundError(f"'{self.path}' is not a file")
        self.session = _session(self.path, threads)
        self.metadata = _metadata(self.path, self.session)

    def __call__(
        self, image: np.ndarray, semantic: np.ndarray | None = None
    ) -> np.ndarray:
        """See :class:`~mmasgan.inference.Backend`."""
        self._check(image, semantic)
        inputs = {IMAGE: _batch(image.transpose(2, 0, 1))}
        classes = self.metadata['classes']
        if classes:
            if semantic is None:
                size = (classes, *image.shape[:2])
                semantic = np.full(size, 1 / classes, np.float32)
            inputs[SEMANTIC] = _batch(semantic)
        try:
            (output,) = self.session.run(None, inputs)
        except Exception as error:  # it has many kinds, all its own
            # What is said where memory is short, by its allocators.
            if 'alloc' in str(error).lower():
                raise MemoryError(str(error)) from error
            raise ValueError(f"'{self.path}': {error}") from error
        return output[0].transpose(1, 2, 0)

    def _check(self, image: np.ndarray, semantic: np.ndarray | None) -> None:
        smallest = self.metadata['min_size']
        if image.ndim != 3 or image.shape[2] != 3:
            raise ValueError(f'image must be (H, W, 3), got {image.shape}')
        height, width = image.shape[:2]
        if min(height, width) < smallest:
            raise ValueError(
                f'an image must be at least {smallest}x{smallest}, got '
                f'{height}x{width} (height x width)'
            )
        if semantic is None:
            return
        classes = self.metadata['classes']
        if not classes:
            raise ValueError(
                f"'{self.path}' takes no semantic map; mmasgan export "
                '--semantic makes one that does, of a model with SFT layers'
            )
        if semantic.shape != (classes, height, width):
            raise ValueError(
                f'semantic must be {(classes, height, width)} to fit the '
                f"image and '{self.path}', got {semantic.shape}"
            )


def _batch(channels_first: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(channels_first[None], np.float32)


def _session(path: Path, threads: int | None) -> 'InferenceSession':
    try:
        import onnxruntime
    except ImportError as error:
        raise ImportError(
            'exported models need onnxruntime: pip install "mmasgan[onnx]"'
        ) from error
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # errors are raised as well
    if threads is not None:
        options.intra_op_num_threads = threads
    try:
        return onnxruntime.InferenceSession(
            str(path), options, ['CPUExecutionProvider']
        )
    except Exception as error:  # it has many kinds, all its own
        raise ValueError(
            f"'{path}' is no ONNX model, or damaged: {error}"
        ) from error


def _metadata(path: Path, session: 'InferenceSession') -> dict[str, Any]:
    entry = session.get_modelmeta().custom_metadata_map.get(METADATA)
    problem = f'it has no entry {METADATA!r}'
    if entry is not None:
        try:
            about = json.loads(entry)
            names = [IMAGE, SEMANTIC] if about['classes'] else [IMAGE]
            found = [value.name for value in session.get_inputs()]
            if found == names and about['min_size'] > 0:
                return about
            problem = f'its inputs are {found}'
        except (TypeError, ValueError, KeyError) as error:
            problem = f'its entry {METADATA!r} is damaged: {error!r}'
    raise ValueError(
        f"'{path}' is no model that mmasgan export made ({problem}); make one "
        'with mmasgan export -o model.onnx'
    )
