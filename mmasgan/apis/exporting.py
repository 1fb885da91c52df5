"""Export of generators to files that run without this library.

Each file is run before it is renamed; a file whose output differs from
PyTorch is not kept.
"""

import copy
import os
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from torch import nn
from torch.nn.functional import interpolate

from .. import __version__
from ..generators.resnetv2_sft_generator import (
    MIN_SIZE,
    STRIDE,
    ResNetV2SFTGenerator,
)
from ..utils.atomic_files import write_atomically
from .export_formats import FORMATS, OPSET, Inputs
from .exportable import exportable
from .inference.onnx_stages import SUFFIX
from .inference.torch_backend import features_per_pixel

__all__ = ['TOLERANCE', 'Exported', 'export_generator']

TOLERANCE = 1e-3  # in a range of 2
SIZES = ((2, 50, 45), (1, 64, 96), (1, 131, 70))  # N, H, W

Size = tuple[int, int, int]


@dataclass(frozen=True)
class Exported:
    """An exported file.

    Attributes:
        path: Path of the file.
        differences: Largest difference from PyTorch's output, in a range of
            2, by the size (N, H, W) of the test input.
    """

    path: Path
    differences: dict[Size, float]


def export_generator(
    generator: nn.Module,
    out: str | os.PathLike[str],
    semantic: bool = False,
    overwrite: bool = False,
    opset: int = OPSET,
    origin: Mapping[str, Any] | None = None,
) -> Exported:
    """Export a generator as ONNX or by ``torch.export``.

    The exported model has the input ``image``, (N, 3, H, W), RGB, float32 in
    [-1, 1], with any N, and any H and W of at least 16, and the output
    ``sharp`` of the same shape. It is run on three sizes, and only kept if no
    value differs by more than ``TOLERANCE`` from PyTorch.

    Args:
        generator: Generator, see :func:`~mmasgan.apis.load_generator`. It is
            not modified.
        out: Output file: ``.onnx``; ``.pt2``; or ``.stages`` without weights,
            which runs the safetensors file next to it.
        semantic: Whether the model also has the input ``semantic``, class
            probabilities, (N, K, H, W); otherwise, SFT layers use the uniform
            map.
        overwrite: Whether to replace an existing file.
        opset: Version of the ONNX operators, at least 18.
        origin: Metadata on the origin of the weights.

    Raises:
        FileExistsError: If the file exists.
        ImportError: If a package is missing.
        OSError: If the file cannot be written.
        RuntimeError: If the export fails or its output differs.
        ValueError: If the suffix is unknown, or the generator does not
            support maps.
    """
    out = Path(out)
    if out.suffix not in FORMATS:
        raise ValueError(
            f"'{out}' must end in .onnx, in .pt2 for torch.export, or in "
            f'{SUFFIX} to run the weights next to it'
        )
    if opset < OPSET:
        raise ValueError(f'opset must be at least {OPSET}, got {opset}')
    if out.exists() and not overwrite:
        raise FileExistsError(
            f"'{out}' already exists; --overwrite replaces it"
        )
    network = exportable(generator, semantic)
    reference = copy.deepcopy(generator).cpu().float().eval()
    draws = {size: _draw(reference, size, semantic) for size in SIZES}
    about = _describe(reference, semantic) | dict(origin or {})
    format_ = FORMATS[out.suffix]
    with (
        TemporaryDirectory() as folder,
        warnings.catch_warnings(),
        torch.no_grad(),
    ):
        warnings.simplefilter('ignore')  # of the exporters
        path = Path(folder, out.name)
        try:
            format_.write(network, draws[SIZES[0]], about, opset, path)
            run = format_.load(path)
            found = {size: run(*inputs) for size, inputs in draws.items()}
        except ImportError:
            raise
        except Exception as error:  # of any class
            raise RuntimeError(
                f"'{out}' was not written: the export by PyTorch "
                f'{torch.__version__} failed ({type(error).__name__}: {error})'
            ) from error
        differences = {
            size: (found[size] - reference(*inputs)).abs().max().item()
            for size, inputs in draws.items()
        }
        _check(differences, out)
        write_atomically(out, path.read_bytes(), sync=True)
    return Exported(out, differences)


def _draw(generator: Any, size: Size, semantic: bool) -> Inputs:
    """Draw smooth inputs, with a fixed seed.

    Deblurring leaves white noise unchanged, so noise would test nothing.
    """
    number, *sides = size
    random = torch.Generator().manual_seed(0)
    shape = (number, getattr(generator, 'in_channels', 3), 6, 6)
    image = interpolate(
        torch.rand(shape, generator=random) * 2 - 1, sides, mode='bilinear'
    )
    if not semantic:
        return (image,)
    shape = (number, generator.num_classes, *sides)
    return image, torch.randn(shape, generator=random).softmax(1)


def _describe(generator: Any, semantic: bool) -> dict[str, Any]:
    return dict(
        mmasgan_version=__version__,
        channel_order='RGB',
        range=[-1, 1],
        min_size=MIN_SIZE,
        classes=generator.num_classes if semantic else 0,
        reach=0 if semantic else _reach(generator),
        stride=getattr(generator, 'stride', STRIDE),
        features_per_pixel=features_per_pixel(generator),
    )


def _reach(generator: Any) -> int:
    """Return the number of rows on which a row depends; 0 for all."""
    if isinstance(generator, ResNetV2SFTGenerator):
        if generator.norm:
            return 0
        # Stem and head, four strided convolutions, and two per block at a
        # quarter of the size.
        return 2 * 3 + 9 + 2 * STRIDE * len(generator.blocks)
    return getattr(generator, 'reach', 0)


def _check(differences: Mapping[Size, float], out: Path) -> None:
    for (number, height, width), apart in differences.items():
        if not apart <= TOLERANCE:  # also refuses NaN
            raise RuntimeError(
                f"'{out}' was not written: for {number} images of "
                f'{width}x{height}, it differs from PyTorch by {apart:.2g} '
                f'(in a range of 2), more than {TOLERANCE:g}'
            )
