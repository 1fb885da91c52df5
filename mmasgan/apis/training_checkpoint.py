"""The deblurring generator of a training's checkpoint.

The config lies in a checkpoint as Python text. MMEngine would run it; here
only its literals are read, so that a checkpoint runs no code.
"""

import ast
import os
import re
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from mmengine.config import Config

from .. import compat  # noqa: F401  before anything of MMEngine's runner
from ..datasets.prepare.download import file_sha256
from ..losses.weights import read_tensors
from .config import load_config
from .trained_generator import TrainedGenerator

__all__ = ['generator_config', 'read_training_checkpoint']

PREFIX = 'generators.sharp.'  # networks are named by their target domain
STARTED = re.compile(r'_\d{8}_\d{6}$')  # of `experiment_name`
COMMIT = re.compile(r'[0-9a-f]{40}$')  # of `mmengine_version`


def read_training_checkpoint(
    path: str | os.PathLike[str],
    config: str | os.PathLike[str] | Config | None = None,
) -> TrainedGenerator:
    """Read what deblurs from a checkpoint of ``ASCycleGAN``.

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
    # Registers what a checkpoint holds besides tensors as harmless.
    import_module('mmengine.runner.checkpoint')
    checkpoint = read_tensors(name)
    state = _entry(name, checkpoint, 'state_dict')
    meta = _entry(name, checkpoint, 'meta')
    tensors = {
        key.removeprefix(PREFIX): value
        for key, value in state.items()
        if key.startswith(PREFIX)
    }
    if not tensors:
        raise ValueError(
            f"'{name}': state_dict has nothing under '{PREFIX}'; only "
            'checkpoints of ASCycleGAN have a deblurring generator of that '
            'name'
        )
    experiment = STARTED.sub('', str(meta.get('experiment_name', '')))
    if config is None:
        generator = _parse(meta.get('cfg'), f"'{name}': meta['cfg']")
    else:
        generator = generator_config(config)
        experiment = Path(_name(config)).stem
    # MMEngine appends the commit of the folder that it was started in.
    commit = COMMIT.search(str(meta.get('mmengine_version', '')))
    origin = {
        'config': experiment or 'unknown',
        'iteration': int(meta.get('iter', 0)),
        'commit': commit.group() if commit else 'unknown',
        'source_sha256': file_sha256(path),
    }
    return TrainedGenerator(name, generator, tensors, origin)


def generator_config(
    config: str | os.PathLike[str] | Config,
) -> dict[str, Any]:
    """Return ``model.generator`` of a config as plain values.

    Args:
        config: A config, or its file.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it has none that can be read.
    """
    if not isinstance(config, Config):
        config = load_config(str(config))
    return _parse(config.pretty_text, f"'{_name(config)}'")


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


def _parse(text: Any, where: str) -> dict[str, Any]:
    """Return ``model.generator`` of a config's text, without running it."""
    try:
        for statement in ast.parse(text).body:
            match statement:
                case ast.Assign(targets=[ast.Name(id='model')], value=value):
                    (generator,) = (
                        keyword.value
                        for keyword in getattr(value, 'keywords', ())
                        if keyword.arg == 'generator'
                    )
                    return ast.literal_eval(_PlainDicts().visit(generator))
    except (TypeError, ValueError, SyntaxError) as error:
        raise ValueError(
            f'{where} has no model.generator that can be read ({error}); give '
            'the config file of the training'
        ) from error
    raise ValueError(
        f'{where} has no model; give the config file of the training'
    )


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
