"""Backend with ONNX Runtime."""

import json
import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .onnx_stages import Stage, one_stage, read_stages, run_stages
from .steps import report

__all__ = ['IMAGE', 'METADATA', 'SEMANTIC', 'OnnxBackend']

IMAGE, SEMANTIC = 'image', 'semantic'  # inputs
METADATA = 'mmasgan'  # key of the metadata in an exported file
MOST_CLASSES, MOST_PIXELS = 4096, 65536
PROBE = 64  # side of the image used to estimate the time of stages
# Measured bytes per pixel and channel of the widest features, per pixel of the
# image, and constant.
WIDEST, PIXEL, SLACK = 22, 60, 100_000_000


class OnnxBackend:
    """Run a model on a CPU with ONNX Runtime.

    Args:
        path: Path of an ``.onnx`` file of ``mmasgan export``; or of weights,
            ``.safetensors``, with a ``.stages`` file next to it, as the
            models in the package.
        threads: Number of threads. None means one per core.

    Attributes:
        metadata: Metadata of the model: ``classes`` of its semantic maps, or
            0, ``min_size`` of images, ``reach`` and ``stride`` for strips, and
            the origin of the weights.
        stages: Stages of the model, in order.

    Raises:
        FileNotFoundError: If the file does not exist.
        ImportError: If ONNX Runtime is missing.
        ValueError: If it is not an exported model.
    """

    def __init__(
        self, path: str | os.PathLike[str], threads: int | None = None
    ) -> None:
        self.path = Path(path)
        if not self.path.is_file():
            raise FileNotFoundError(f"'{self.path}' is not a file")
        if self.path.suffix == '.safetensors':
            self.stages, about = read_stages(self.path, threads)
            self.metadata = _checked(self.path, about, self.stages[0])
        else:
            self.stages = [one_stage(self.path, threads)]
            self.metadata = _metadata(self.path, self.stages[0])
        self._shares: np.ndarray | None = None

    def __call__(
        self, image: np.ndarray, semantic: np.ndarray | None = None
    ) -> np.ndarray:
        """See :class:`~mmasgan.apis.inference.backend.Backend`."""
        self._check(image, semantic)
        if semantic is None and self.metadata['classes']:
            size = (self.metadata['classes'], *image.shape[:2])
            uniform = np.float32(1 / self.metadata['classes'])
            semantic = np.broadcast_to(uniform, size)
        return self._whole(image, semantic, 0, 1)

    def in_strips(
        self, image: np.ndarray, semantic: np.ndarray | None = None
    ) -> np.ndarray:
        """Deblur one image in strips of full width.

        A strip includes all rows on which it depends, so the result equals
        that of the whole image.

        Args:
            image: Image, see :class:`~mmasgan.apis.inference.backend.Backend`.
            semantic: Must be None.

        Raises:
            ValueError: If the model depends on the whole image, or the image
                or map does not match the model.
        """
        self._check(image, semantic)
        halo = self.halo
        if not halo or semantic is not None:
            raise ValueError(
                f"'{self.path}' cannot run in strips: its reach is unknown, "
                'or it takes a semantic map; run it on whole images'
            )
        height = len(image)
        out = np.empty_like(image)
        starts = range(0, height, 2 * halo)
        for number, start in enumerate(starts):
            stop = min(start + 2 * halo, height)
            above = max(start - halo, 0)
            strip = image[above : stop + halo]
            found = self._whole(strip, None, number, len(starts))
            out[start:stop] = found[start - above : stop - above]
        return out

    @property
    def halo(self) -> int:
        """Number of rows around a strip on which it depends; 0 for all."""
        reach, stride = self.metadata['reach'], self.metadata['stride']
        return -(-reach // stride) * stride

    def bytes_needed(self, height: int, width: int, strips: bool) -> int:
        """Return an upper estimate of the memory for an image, in bytes.

        Args:
            height: Height of the image, in pixels.
            width: Width of the image, in pixels.
            strips: Whether the image is processed in strips.
        """
        rows = min(height, 4 * self.halo) if strips else height
        features = WIDEST * self.metadata['features_per_pixel'] * rows * width
        return SLACK + int(features + PIXEL * height * width)

    def _whole(
        self,
        image: np.ndarray,
        semantic: np.ndarray | None,
        number: int,
        count: int,
    ) -> np.ndarray:
        inputs = {IMAGE: _batch(image.transpose(2, 0, 1))}
        if semantic is not None:
            inputs[SEMANTIC] = _batch(semantic)
        shares = self._shares_of_stages()

        def done(stage: int, shapes: Any) -> None:
            report(float((number + shares[stage]) / count))

        output = self.run(inputs, done)
        expected = (1, 3, *image.shape[:2])
        if output.shape != expected or output.dtype != np.float32:
            raise ValueError(
                f"'{self.path}' returned {output.shape} of {output.dtype}, "
                f'expected {expected} of float32; use a model of mmasgan '
                'export'
            )
        return output[0].transpose(1, 2, 0)

    def run(
        self, inputs: dict[str, np.ndarray], done: Any = None
    ) -> np.ndarray:
        """Run the model on a batch.

        Args:
            inputs: Inputs of the exported model, by name.
            done: Progress callback, see :func:`run_stages`.

        Raises:
            MemoryError: If it does not fit into the memory.
            ValueError: If the inputs do not match the model.
        """
        failed: dict[str, Exception] = {}

        def stage_done(stage: int, shapes: Any) -> None:
            try:
                if done is not None:
                    done(stage, shapes)
            except Exception as error:
                failed['by'] = error
                raise

        try:
            (output,) = run_stages(self.stages, inputs, stage_done).values()
        except Exception as error:  # of any class
            if failed:
                raise
            # Message of its allocators if memory is short.
            if 'alloc' in str(error).lower():
                raise MemoryError(str(error)) from error
            cause = ' '.join(str(error).split())
            raise ValueError(f"'{self.path}': {cause}") from error
        return output

    def _shares_of_stages(self) -> np.ndarray:
        """Return the fraction of the time that has passed after each stage."""
        if len(self.stages) == 1:
            return np.ones(1)
        if self._shares is None:
            costs: list[float] = []

            def done(stage: int, shapes: Sequence[Sequence[int]]) -> None:
                pixels = min(math.prod(s[2:]) for s in shapes if len(s) == 4)
                costs.append(1 + self.stages[stage].weights * pixels)

            size = (1, 3, PROBE, PROBE)
            inputs = {IMAGE: np.zeros(size, np.float32)}
            classes = self.metadata['classes']
            if classes:
                size = (1, classes, PROBE, PROBE)
                inputs[SEMANTIC] = np.full(size, 1 / classes, np.float32)
            self.run(inputs, done)
            self._shares = np.cumsum(costs) / np.sum(costs)
        return self._shares

    def _check(self, image: np.ndarray, semantic: np.ndarray | None) -> None:
        smallest = self.metadata['min_size']
        if image.ndim != 3 or image.shape[2] != 3:
            raise ValueError(f'image must be (H, W, 3), got {image.shape}')
        height, width = image.shape[:2]
        if min(height, width) < smallest:
            raise ValueError(
                f'the image must be at least {smallest}x{smallest}, got '
                f'{height}x{width} (height x width)'
            )
        if semantic is None:
            return
        classes = self.metadata['classes']
        if not classes:
            raise ValueError(
                f"'{self.path}' does not support semantic maps; export a "
                'model with SFT layers with mmasgan export --semantic'
            )
        if semantic.shape != (classes, height, width):
            raise ValueError(
                f'semantic must be {(classes, height, width)} to match the '
                f"image and '{self.path}', got {semantic.shape}"
            )


def _batch(channels_first: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(channels_first[None], np.float32)


def _metadata(path: Path, stage: Stage) -> dict[str, Any]:
    try:
        metadata = stage.session.get_modelmeta().custom_metadata_map
        entry = metadata.get(METADATA)
    except UnicodeDecodeError as error:
        raise ValueError(
            f"'{path}' is not a model of mmasgan export, or is damaged: "
            f'{error}'
        ) from error
    if entry is None:
        raise _other(path, f'it has no entry {METADATA!r}')
    try:
        about = json.loads(entry)
    except (ValueError, RecursionError) as error:
        raise _other(path, f'{METADATA!r} is damaged: {error!r}') from error
    return _checked(path, about, stage)


def _checked(path: Path, about: Any, first: Stage) -> dict[str, Any]:
    """Validate the metadata of a model, and add missing values."""
    limits = {
        'classes': (0, MOST_CLASSES),
        'min_size': (1, MOST_PIXELS),
        'reach': (0, MOST_PIXELS),  # 0 means the whole image
        'stride': (1, MOST_PIXELS),
    }
    try:
        # Defaults for models of earlier versions.
        about = {'reach': 0, 'stride': 1, 'features_per_pixel': 64, **about}
        names = [IMAGE, SEMANTIC] if about['classes'] else [IMAGE]
        for name, (least, most) in limits.items():
            value = about[name]
            if type(value) is not int or not least <= value <= most:
                raise ValueError(f'{name} must be in [{least}, {most}]')
        about['features_per_pixel'] = float(about['features_per_pixel'])
    except (TypeError, ValueError, KeyError) as error:
        raise _other(path, f'{METADATA!r} is damaged: {error!r}') from error
    if list(first.inputs) != names:
        raise _other(path, f'its inputs are {list(first.inputs)}')
    return about


def _other(path: Path, problem: str) -> ValueError:
    return ValueError(
        f"'{path}' is not a model of mmasgan export ({problem}); create one "
        'with mmasgan export -o model.onnx'
    )
