"""Loading of deblurring generators."""

import os
from dataclasses import replace

import torch
from mmengine.config import Config
from torch import nn

from ..layers import MotionNetwork
from ..utils.model_index import DEFAULT, find_weights
from .safetensors_file import read_safetensors
from .trained_generator import TrainedGenerator
from .training_checkpoint import generator_config, read_training_checkpoint

__all__ = ['load_generator', 'read_trained']


def load_generator(
    weights: str | os.PathLike[str] | None = None,
    device: str | torch.device = 'cpu',
    config: str | os.PathLike[str] | Config | None = None,
) -> nn.Module:
    """Load a deblurring generator, without running code of the file.

    Args:
        weights: Path of a safetensors file of ``mmasgan publish``, or
            of a checkpoint of a training; or name of a model in
            ``model-index.yml``, whose weights are downloaded once if they are
            not in the package. None means the default model.
        device: Device of the generator.
        config: Config, or path of a config, with the generator. None means
            the config saved with the weights; it is only needed for
            checkpoints whose config cannot be read.

    Returns:
        Generator in evaluation mode and float32, which maps RGB images
        (N, 3, H, W) in [-1, 1] to RGB images of the same shape.

    Raises:
        OSError: If the file does not exist or cannot be downloaded.
        ValueError: If the model is unknown, or the file is damaged, has a
            wrong checksum, or contains something else.
    """
    trained = read_trained(weights, config)
    network = trained.build()
    if isinstance(network, MotionNetwork):
        raise ValueError(
            f"'{trained.source}' contains a motion network, which cannot "
            'deblur'
        )
    return network.to(device)


def read_trained(
    weights: str | os.PathLike[str] | None = None,
    config: str | os.PathLike[str] | Config | None = None,
) -> TrainedGenerator:
    """Read config, weights and origin of a generator.

    Arguments and errors are those of :func:`load_generator`.
    """
    path = find_weights(DEFAULT if weights is None else weights)
    if path.suffix != '.safetensors':
        return read_training_checkpoint(path, config)
    trained = read_safetensors(path)
    if config is None:
        return trained
    return replace(trained, config=generator_config(config))
