"""Generators as safetensors files: tensors and text, no code.

All that is not a tensor lies as JSON under one key, ``mmasgan``: of several
keys the order would change from file to file, and with it the checksum.
"""

import json
import os

import torch
from safetensors.torch import save

from ..utils.published import read_safe_tensors
from .trained_generator import TrainedGenerator

__all__ = ['encode_safetensors', 'read_safetensors']

KEY = 'mmasgan'


def encode_safetensors(trained: TrainedGenerator) -> bytes:
    """Encode a generator in float16, the same way each time.

    Args:
        trained: The generator.

    Raises:
        ValueError: If a value is not finite in float16.
    """
    tensors = {}
    for name, value in trained.tensors.items():
        half = value.to(torch.float16).contiguous()
        if not half.isfinite().all():
            raise ValueError(
                f"'{trained.source}': {name} has values that are not finite "
                f'in float16 (largest: {value.abs().max():g})'
            )
        tensors[name] = half
    about = {'generator': dict(trained.config), **trained.origin}
    return save(tensors, {KEY: json.dumps(about, sort_keys=True)})


def read_safetensors(path: str | os.PathLike[str]) -> TrainedGenerator:
    """Read what :func:`encode_safetensors` made.

    Args:
        path: The file.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is damaged, or holds anything else.
    """
    tensors, metadata = read_safe_tensors(path)
    try:
        about = json.loads(metadata[KEY])
        generator = dict(about.pop('generator'))
    except (
        AttributeError,
        KeyError,
        RecursionError,
        TypeError,
        ValueError,
    ) as error:
        raise ValueError(
            f"'{path}': its metadata hold no generator under {KEY!r}; was it "
            'made by mmasgan publish?'
        ) from error
    return TrainedGenerator(str(path), generator, tensors, about)
