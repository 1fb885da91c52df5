"""Semantic maps of a segmentation model in ONNX format."""

from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from ..registry import PRIORS
from ..utils.hashing import file_sha256
from .prior import (
    IMAGENET_MEAN,
    IMAGENET_STD,
    Classes,
    Prior,
    checked_size,
    normalized,
    softmax,
)

__all__ = ['OnnxPrior']


@PRIORS.register_module()
class OnnxPrior(Prior):
    """Compute semantic maps with an ONNX model, on a GPU if available.

    The first input of the model is (1, 3, H, W), float32, RGB, and its first
    output (1, C, h, w).

    Config: ``dict(type='OnnxPrior', path='model.onnx', classes='ade20k')``

    Args:
        path: Path of the model.
        classes: Class table, see :class:`Prior`.
        mean: Mean of each channel, for images in [0, 1].
        std: Standard deviation of each channel.
        size: Height and width to which images are resized. None means the
            fixed size of the model, if any, or that of each image.
        logits: Whether the output are logits before softmax, or
            probabilities.

    Raises:
        ImportError: If onnxruntime is missing.
        FileNotFoundError: If the file does not exist.
        ValueError: If onnxruntime cannot load it, or its output has a wrong
            shape.
    """

    def __init__(
        self,
        path: str | PathLike[str],
        classes: Classes = 'cityscapes',
        mean: Sequence[float] = IMAGENET_MEAN,
        std: Sequence[float] = IMAGENET_STD,
        size: Sequence[int] | None = None,
        logits: bool = True,
    ) -> None:
        super().__init__(classes)
        try:
            import onnxruntime
        except ImportError as error:
            raise ImportError(
                'ONNX models need onnxruntime: pip install onnxruntime'
            ) from error
        self.path = Path(path)
        if not self.path.is_file():
            raise FileNotFoundError(f"there is no ONNX model '{self.path}'")
        try:
            self.session = onnxruntime.InferenceSession(
                str(self.path), providers=_providers(onnxruntime)
            )
        # onnxruntime has its own classes of exceptions.
        except Exception as error:
            raise ValueError(
                f"onnxruntime cannot load '{self.path}': {error}"
            ) from error
        self.input = self.session.get_inputs()[0]
        self.mean = tuple(float(value) for value in mean)
        self.std = tuple(float(value) for value in std)
        self.size = checked_size(size) or _fixed_size(self.input.shape)
        self.is_logits = logits

    def segment(self, image: np.ndarray, name: str) -> np.ndarray:
        """Compute class probabilities; see :class:`Prior`."""
        inputs = normalized(image, self.mean, self.std, self.size)
        output = np.asarray(
            self.session.run(None, {self.input.name: inputs})[0]
        )
        if output.ndim != 4 or len(output) != 1:
            raise ValueError(
                f"the first output of '{self.path}' must be (1, C, h, w), "
                f'got {output.shape}'
            )
        return softmax(output[0]) if self.is_logits else output[0]

    def config(self) -> dict[str, Any]:
        """Return the preprocessing of images; see :class:`Prior`."""
        return {
            'file': self.path.name,
            'mean': self.mean,
            'std': self.std,
            'size': self.size,
            'logits': self.is_logits,
        }

    def weights_hash(self) -> str:
        """Return a digest of the file and its external data."""
        data = self.path.with_name(f'{self.path.name}.data')
        return file_sha256(self.path, *([data] if data.is_file() else []))


def _providers(onnxruntime: Any) -> list[str]:
    wanted = ('CUDAExecutionProvider', 'CPUExecutionProvider')
    available = onnxruntime.get_available_providers()
    return [provider for provider in wanted if provider in available]


def _fixed_size(shape: Sequence[int | str | None]) -> tuple[int, int] | None:
    height, width = shape[-2:]
    if isinstance(height, int) and isinstance(width, int):
        return height, width
    return None
