"""Load a generator that deblurs."""

import os
from pathlib import Path

import torch

from ..generators import ResNetV2SFTGenerator
from .model_index import DEFAULT, obtain_weights, read_model_index
from .safetensors_file import read_safetensors
from .trained_generator import TrainedGenerator
from .training_checkpoint import read_training_checkpoint

__all__ = ['load_generator']


def load_generator(
    weights: str | os.PathLike[str] | None = None,
    device: str | torch.device = 'cpu',
) -> ResNetV2SFTGenerator:
    """Load a deblurring generator; no file runs code.

    Args:
        weights: A file: safetensors as ``tools/publish_model.py`` makes it,
            or a checkpoint of a training. Or the name of a model in
            ``mmasgan/weights/model-index.yml``, whose file is fetched once if
            it does not come with the library. None takes the default one.
        device: Where it goes.

    Returns:
        The generator, in evaluation mode and float32: RGB images (N, 3, H, W)
        in [-1, 1] to such images.

    Raises:
        OSError: If there is no such file, or it cannot be fetched.
        ValueError: If there is no such model, or a file is damaged, is not
            what was published, or holds something else.
    """
    return _read(weights).build().to(device)


def _read(weights: str | os.PathLike[str] | None) -> TrainedGenerator:
    models = read_model_index()
    name = DEFAULT if weights is None else str(weights)
    if name in models:
        return read_safetensors(obtain_weights(models[name]))
    path = Path(name)
    if not path.is_file():
        raise FileNotFoundError(
            f'weights={name!r} is neither a file nor one of the models '
            f'{", ".join(sorted(models))}'
        )
    if path.suffix == '.safetensors':
        return read_safetensors(path)
    return read_training_checkpoint(path)
