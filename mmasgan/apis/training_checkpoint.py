"""The deblurring generator of a training's checkpoint.

The config lies in a checkpoint as Python text. MMEngine would run it; here
only its literals are read, so that a checkpoint runs no code.
"""

import ast
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mmengine.config import Config
from torch import Tensor

from .. import compat  # noqa: F401  before anything of MMEngine's runner
from ..utils.hashing import file_sha256
from ..utils.tensor_file import read_tensors
from .config import load_config
from .trained_generator import TrainedGenerator

__all__ = ['generator_config', 'literal_config', 'read_training_checkpoint']

# What is published of a model, and the argument of its config: networks are
# named by their target domain.
PARTS = {
    'generators.sharp.': 'generator',
    'motion_network.': 'motion_network',
}
STARTED = re.compile(r'_\d{8}_\d{6}$')  # of `experiment_name`
LONGEST_CONFIG = 2_000_000  # characters
COMMIT = re.compile(r'[0-9a-f]{40}$')  # of `mmengine_version`


def read_training_checkpoint(
    path: str | os.PathLike[str],
    config: str | os.PathLike[str] | Config | None = None,
) -> TrainedGenerator:
    """Read what deblurs from a checkpoint of ``ASCycleGAN``.

    Of a ``MotionEstimator``, it is the motion network.

    Where ``EMAHook`` was on, these are the averaged weights: that is what it
    puts into ``state_dict``.

    Args:
        path: A checkpoint as MMEngine writes it.
        config: The config it was trained with, or its file. None takes the
            config that the checkpoint holds.

    Returns:
        The generator of the domain ``sharp``.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If a part of it is missing or of another kind.
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
            'only checkpoints of ASCycleGAN have a deblurring generator of '
            'that name'
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
    # MMEngine appends the commit of the folder that it was started in.
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

    Args:
        config: A config, or its file.
        part: Argument of the model that is returned.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it has none that can be read.
    """
    if not isinstance(config, Config):
        config = load_config(str(config))
    # Imports the module that registers it. A config is its user's own code.
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
        problem = 'is missing' if value is None else 'is no dict'
        raise ValueError(
            f"'{path}': {key} {problem}; expected a checkpoint that MMEngine "
            'wrote in a training'
        )
    return value


def _text(meta: Mapping[str, Any], key: str) -> str:
    value = meta.get(key)
    return value if isinstance(value, str) else ''


def _check_amount(path: str, tensors: Mapping[str, Any]) -> None:
    """Refuse tensors that repeat what the file holds once."""
    size = sum(
        value.numel() * value.element_size()
        for value in tensors.values()
        if isinstance(value, Tensor)
    )
    if size > os.path.getsize(path):
        raise ValueError(
            f"'{path}': its tensors need {size} bytes, more than the file has"
        )


def literal_config(text: Any) -> dict[str, Any]:
    """Return the values of a config's text, without running it.

    Args:
        text: Text of ``Config.pretty_text``: names and literals.

    Raises:
        ValueError: If it holds anything else.
    """
    return {
        name: _literal(value) for name, value in _assignments(text).items()
    }


def _parse(text: Any, where: str, part: str) -> dict[str, Any]:
    """Return a part of a config's model, without running its text."""
    try:
        model = _assignments(text).get('model')
        if model is not None:
            (generator,) = (
                keyword.value
                for keyword in getattr(model, 'keywords', ())
                if keyword.arg == part
            )
            found = _literal(generator)
            if isinstance(found, dict):
                return found
            raise ValueError(f'it is a {type(found).__name__}')
    except ValueError as error:
        raise ValueError(
            f'{where} has no model.{part} that can be read ({error}); give '
            'the config file of the training'
        ) from error
    raise ValueError(
        f'{where} has no model; give the config file of the training'
    )


def _assignments(text: Any) -> dict[str, ast.expr]:
    if not isinstance(text, str) or len(text) > LONGEST_CONFIG:
        raise ValueError('it is no text, or far too long')
    try:
        return {
            name.id: statement.value
            for statement in ast.parse(text).body
            if isinstance(statement, ast.Assign)
            for name in statement.targets
            if isinstance(name, ast.Name)
        }
    except (SyntaxError, RecursionError, MemoryError) as error:
        raise ValueError(f'it is no config: {error}') from error


def _literal(value: ast.expr) -> Any:
    try:
        return ast.literal_eval(_PlainDicts().visit(value))
    # The latter two where it is nested without end.
    except (TypeError, RecursionError, MemoryError) as error:
        raise ValueError(f'it is no literal: {error}') from error


class _PlainDicts(ast.NodeTransformer):
    """Turn ``dict(a=1)`` into ``{'a': 1}``, which is a literal."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        names = [keyword.arg for keyword in node.keywords]
        if (
            getattr(node.func, 'id', '') != 'dict'
            or node.args
            or None in names
        ):
            return node
        keys: list[ast.expr | None] = [ast.Constant(name) for name in names]
        return ast.Dict(keys, [keyword.value for keyword in node.keywords])
