"""Publishing of the generator of a checkpoint."""

import hashlib
import os
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from .. import __version__
from ..utils.atomic_files import write_atomically
from .safetensors_file import encode_safetensors
from .training_checkpoint import read_training_checkpoint

__all__ = ['Published', 'publish_generator']

FOLDER = 'mmasgan/weights'  # relative to the root of the repository


@dataclass(frozen=True)
class Published:
    """A published file."""

    path: Path
    size: int  # bytes
    sha256: str
    entry: str  # for configs/metafile.yml, as YAML


def publish_generator(
    checkpoint: str | os.PathLike[str],
    out: str | os.PathLike[str],
    config: str | None = None,
    overwrite: bool = False,
) -> Published:
    """Write the deblurring generator of a checkpoint, in float16.

    The arguments are those of ``mmasgan publish``.

    The file contains the config of the generator, and the name of the config,
    iteration, commit and hash of the checkpoint. The same checkpoint gives
    the same file.

    Raises:
        OSError: If a file cannot be read or written, or exists.
        ValueError: If a part of the checkpoint is missing, or does not match
            its config.
    """
    out = Path(out)
    if out.suffix != '.safetensors':
        raise ValueError(f"'{out}' should end in .safetensors")
    if out.exists() and not overwrite:
        raise FileExistsError(f"'{out}' exists; --overwrite replaces it")
    trained = read_training_checkpoint(checkpoint, config)
    parameters = sum(p.numel() for p in trained.build().parameters())
    origin = {**trained.origin, 'mmasgan': __version__}
    content = encode_safetensors(replace(trained, origin=origin))
    write_atomically(out, content, sync=True)
    sha256 = hashlib.sha256(content).hexdigest()
    entry = {
        'Name': out.stem,
        'In Collection': 'AS-CycleGAN',
        'Config': f'configs/{origin["config"]}.py',
        'Metadata': {
            'Parameters': parameters,
            'Iterations': origin['iteration'],
            'Commit': origin['commit'],
            'SHA256': sha256,
        },
        'Weights': f'{FOLDER}/{out.name}',
    }
    text = yaml.safe_dump([entry], sort_keys=False)
    return Published(out, len(content), sha256, text)
