"""Generators as safetensors files: tensors and text, no code.

All metadata is JSON in one key, ``mmasgan``, because the order of several
keys, and with it the checksum, would change from file to file.
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
    """Encode a generator in float16, reproducibly.

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
    """Read a file written with :func:`encode_safetensors`.

    Raises:
        FileNotFoundError: If the file does not exist.
        ValueError: If it is damaged, or contains anything else.
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
            f"'{path}': its metadata has no generator in {KEY!r}; create it "
            'with mmasgan publish'
        ) from error
    return TrainedGenerator(str(path), generator, tensors, about)
