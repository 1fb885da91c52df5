"""Load a generator that deblurs."""

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
    """Load a deblurring generator; no file runs code.

    Args:
        weights: A file: safetensors as ``mmasgan publish`` makes it,
            or a checkpoint of a training. Or the name of a model in
            ``model-index.yml`` that has weights, which are fetched once if
            they do not come with the library. None takes the default one.
        device: Where it goes.
        config: A config, or its file, whose generator the weights must fit.
            None takes what the weights' own file says, which is needed for
            checkpoints alone whose config cannot be read.

    Returns:
        The generator in evaluation mode and float32. It maps RGB images
        (N, 3, H, W) in [-1, 1] to such images.

    Raises:
        OSError: If there is no such file, or it cannot be fetched.
        ValueError: If there is no such model, or a file is damaged, is not
            what was published, or holds something else.
    """
    trained = read_trained(weights, config)
    network = trained.build()
    if isinstance(network, MotionNetwork):
        raise ValueError(
            f"'{trained.source}' holds a motion network, which deblurs nothing"
        )
    return network.to(device)


def read_trained(
    weights: str | os.PathLike[str] | None = None,
    config: str | os.PathLike[str] | Config | None = None,
) -> TrainedGenerator:
    """Read what :func:`load_generator` builds, and where it comes from.

    Arguments and errors are those of :func:`load_generator`.
    """
    path = find_weights(DEFAULT if weights is None else weights)
    if path.suffix != '.safetensors':
        return read_training_checkpoint(path, config)
    trained = read_safetensors(path)
    if config is None:
        return trained
    return replace(trained, config=generator_config(config))
