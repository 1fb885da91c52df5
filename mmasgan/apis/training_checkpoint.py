"""Reading of the deblurring generator of a checkpoint.

A checkpoint contains its config as Python text. MMEngine would run it; here,
only its literals are parsed, so that a checkpoint cannot run code.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mmengine.config import Config
from torch import Tensor

from .. import compat  # noqa: F401  before MMEngine's runner
from ..utils.config_text import assignments, keywords, literal
from ..utils.hashing import file_sha256
from ..utils.tensor_file import read_tensors
from .config import load_config
from .trained_generator import TrainedGenerator

__all__ = ['generator_config', 'read_training_checkpoint']

# Published part of a model, and the argument in its config. Networks are named
# by their target domain.
PARTS = {
    'generators.sharp.': 'generator',
    'motion_network.': 'motion_network',
}
STARTED = re.compile(r'_\d{8}_\d{6}$')  # of `experiment_name`
COMMIT = re.compile(r'[0-9a-f]{40}$')  # of `mmengine_version`


def read_training_checkpoint(
    path: str | os.PathLike[str],
    config: str | os.PathLike[str] | Config | None = None,
) -> TrainedGenerator:
    """Read the deblurring generator of a checkpoint of ``ASCycleGAN``.

    For a ``MotionEstimator``, this is the motion network. With ``EMAHook``,
    these are the averaged weights, which the hook saves as ``state_dict``.

    Args:
        path: Path of a checkpoint written by MMEngine.
        config: Config of the training, or its path. None means the config
            saved in the checkpoint.

    Returns:
        Generator of the domain ``sharp``, or the motion network.

    Raises:
        FileNotFoundError: If the file does not exist.
        ValueError: If a part of it is missing or invalid.
    """
    name = str(path)
    if not Path(path).is_file():
        raise FileNotFoundError(f"'{name}' is not a file")
    checkpoint = read_tensors(name, history=True)
    state = _entry(name, checkpoint, 'state_dict')
    meta = _entry(name, checkpoint, 'meta')
    names = [key for key in state if isinstance(key, str)]
    prefix = next(
        (part for part in PARTS if any(key.startswith(part) for key in names)),
        None,
    )
    if prefix is None:
        raise ValueError(
            f"'{name}': state_dict has nothing under {' or '.join(PARTS)}; "
            'use a checkpoint of ASCycleGAN or MotionEstimator'
        )
    tensors = {
        key.removeprefix(prefix): state[key]
        for key in names
        if key.startswith(prefix)
    }
    experiment = STARTED.sub('', _text(meta, 'experiment_name'))
    if config is None:
        generator = _parse(
            meta.get('cfg'), f"'{name}': meta['cfg']", PARTS[prefix]
        )
    else:
        generator = generator_config(config, PARTS[prefix])
        experiment = Path(_name(config)).stem
    iteration = meta.get('iter', 0)
    # MMEngine appends the commit of the current folder.
    commit = COMMIT.search(_text(meta, 'mmengine_version'))
    _check_amount(name, tensors)
    origin = {
        'config': experiment or 'unknown',
        'iteration': iteration if isinstance(iteration, int) else 0,
        'commit': commit.group() if commit else 'unknown',
        'source_sha256': file_sha256(path),
    }
    return TrainedGenerator(name, generator, tensors, origin)


def generator_config(
    config: str | os.PathLike[str] | Config,
    part: str = 'generator',
) -> dict[str, Any]:
    """Return ``model.generator`` of a config as plain values.

    Raises:
        FileNotFoundError: If the file does not exist.
        ValueError: If the argument is missing or cannot be read.
    """
    if not isinstance(config, Config):
        config = load_config(str(config))
    # Imports the module that registers it; a config is code of the user.
    config.get('model', {}).get(part, {}).get('type')
    return _parse(config.pretty_text, f"'{_name(config)}'", part)


def _name(config: str | os.PathLike[str] | Config) -> str:
    if isinstance(config, Config):
        return str(config.filename or 'config')
    return str(config)


def _entry(
    path: str, checkpoint: Mapping[str, Any], key: str
) -> Mapping[str, Any]:
    value = checkpoint.get(key)
    if not isinstance(value, Mapping):
        problem = 'is missing' if value is None else 'is not a dict'
        raise ValueError(
            f"'{path}': {key} {problem}; expected a checkpoint of a training "
            'with MMEngine'
        )
    return value


def _text(meta: Mapping[str, Any], key: str) -> str:
    value = meta.get(key)
    return value if isinstance(value, str) else ''


def _check_amount(path: str, tensors: Mapping[str, Any]) -> None:
    """Refuse tensors that are larger than the file."""
    size = sum(
        value.numel() * value.element_size()
        for value in tensors.values()
        if isinstance(value, Tensor)
    )
    if size > os.path.getsize(path):
        raise ValueError(
            f"'{path}': its tensors need {size} bytes, more than the file has"
        )


def _parse(text: Any, where: str, part: str) -> dict[str, Any]:
    """Parse an argument of the model in the text of a config."""
    try:
        model = assignments(text).get('model')
        if model is not None:
            given = keywords(model).get(part)
            if given is None:
                raise ValueError('it is missing')
            found = literal(given)
            if isinstance(found, dict):
                return found
            raise ValueError(f'it is a {type(found).__name__}')
    except ValueError as error:
        raise ValueError(
            f'{where} has no readable model.{part} ({error}); use the '
            'config file of the training'
        ) from error
    raise ValueError(
        f'{where} has no model; use the config file of the training'
    )
