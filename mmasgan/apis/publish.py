"""From a training's checkpoint to the weights that others load."""

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

FOLDER = 'mmasgan/weights'  # from the repository's root


@dataclass(frozen=True)
class Published:
    """A file that was written.

    Attributes:
        path: The file.
        size: Size of the file, in bytes.
        sha256: Checksum of the file.
        entry: What ``configs/metafile.yml`` should say of it, as YAML.
    """

    path: Path
    size: int
    sha256: str
    entry: str


def publish_generator(
    checkpoint: str | os.PathLike[str],
    out: str | os.PathLike[str],
    config: str | None = None,
    overwrite: bool = False,
) -> Published:
    """Write the deblurring generator of a checkpoint, in float16.

    The file says what generator it is, of which config, iteration, commit and
    checkpoint. The same checkpoint gives the same file.

    Args:
        checkpoint: A checkpoint of ``ASCycleGAN``.
        out: File to write, ``<name of the model>.safetensors``.
        config: The config file it was trained with. None takes the config
            that the checkpoint holds.
        overwrite: Whether ``out`` may exist.

    Raises:
        OSError: If a file cannot be read or written, or exists.
        ValueError: If the checkpoint lacks something, or does not fit its
            config.
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
