"""From a generator to a file that runs without this library.

Each file is run before it gets its name: one that differs from PyTorch is not
kept.
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

TOLERANCE = 1e-3  # of a range of 2
SIZES = ((2, 50, 45), (1, 64, 96), (1, 131, 70))  # N, H, W

Size = tuple[int, int, int]


@dataclass(frozen=True)
class Exported:
    """A file that was written.

    Attributes:
        path: The file.
        differences: Largest difference to PyTorch's output, of a range of 2,
            by the size it was run on: N, H, W.
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
    """Write a generator as ONNX or as a program of ``torch.export``.

    The file takes ``image``, (N, 3, H, W), RGB, float32 in [-1, 1], of any
    N, and of any H and W from 16, and returns ``sharp``, such images. It is
    run on three sizes, ONNX by ONNX Runtime, and kept if no value differs by
    more than ``TOLERANCE`` from what PyTorch gives.

    Args:
        generator: Generator, see :func:`~mmasgan.apis.load_generator`; is left
            as it is.
        out: File to write, ``.onnx`` or ``.pt2``; or ``.stages``, which has
            no weights, but runs those of the safetensors file beside it.
        semantic: Whether it takes ``semantic`` besides, class probabilities,
            (N, K, H, W); else SFT layers see the uniform map.
        overwrite: Whether ``out`` may exist.
        opset: Version of ONNX's operators, from 18.
        origin: What the file says of where the weights come from, as
            checkpoints tell it.

    Raises:
        FileExistsError: If the file exists.
        ImportError: If packages are missing.
        OSError: If the file cannot be written.
        RuntimeError: If PyTorch cannot export it, or what was exported
            differs.
        ValueError: If the file's suffix is another one, or the generator
            takes no maps.
    """
    out = Path(out)
    if out.suffix not in FORMATS:
        raise ValueError(
            f"'{out}' must end in .onnx, in .pt2 for torch.export, or in "
            f'{SUFFIX} for what runs the weights beside it'
        )
    if opset < OPSET:
        raise ValueError(f'opset must be at least {OPSET}, got {opset}')
    if out.exists() and not overwrite:
        raise FileExistsError(
            f"'{out}' exists already; --overwrite replaces it"
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
        warnings.simplefilter('ignore')  # the exporters' own
        path = Path(folder, out.name)
        try:
            format_.write(network, draws[SIZES[0]], about, opset, path)
            run = format_.load(path)
            found = {size: run(*inputs) for size, inputs in draws.items()}
        except ImportError:
            raise
        except Exception as error:  # exporters have many kinds
            raise RuntimeError(
                f"'{out}' is not written: PyTorch {torch.__version__} did not "
                f'make a file that runs ({type(error).__name__}: {error})'
            ) from error
        differences = {
            size: (found[size] - reference(*inputs)).abs().max().item()
            for size, inputs in draws.items()
        }
        _check(differences, out)
        write_atomically(out, path.read_bytes(), sync=True)
    return Exported(out, differences)


def _draw(generator: Any, size: Size, semantic: bool) -> Inputs:
    """Draw inputs, always the same."""
    number, *sides = size
    random = torch.Generator().manual_seed(0)
    shape = (number, getattr(generator, 'in_channels', 3), *sides)
    image = torch.rand(shape, generator=random) * 2 - 1
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
    """Return the rows that a row depends on, 0 where these are all."""
    if isinstance(generator, ResNetV2SFTGenerator):
        if generator.norm:
            return 0
        # Stem and head, four convolutions that change the size, and two a
        # block at a quarter of the size.
        return 2 * 3 + 9 + 2 * STRIDE * len(generator.blocks)
    return getattr(generator, 'reach', 0)


def _check(differences: Mapping[Size, float], out: Path) -> None:
    for (number, height, width), apart in differences.items():
        if not apart <= TOLERANCE:  # nor NaN
            raise RuntimeError(
                f"'{out}' is not written: on {number} images of "
                f'{width}x{height} it differs from PyTorch by {apart:.2g} '
                f'(of a range of 2), more than {TOLERANCE:g}'
            )
