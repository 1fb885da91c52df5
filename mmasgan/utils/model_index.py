"""Index of the models of the library and their weights.

``model-index.yml`` and the metafiles that it imports have OpenMMLab's format
and are in ``mmasgan/.mim``, where OpenMMLab's tools look for them. Paths are
relative to the root of the repository. Weights are a file in
``mmasgan/weights`` or a URL.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from .hashing import file_sha256

__all__ = [
    'DEFAULT',
    'IndexedModel',
    'find_weights',
    'obtain_weights',
    'read_model_index',
]

FOLDER = Path(__file__).parents[1] / '.mim'
INDEX = 'model-index.yml'
DEFAULT = 'default'  # alias of one model

# The parser of libyaml, ten times as fast, where PyYAML has it.
_Loader = getattr(yaml, 'CSafeLoader', yaml.SafeLoader)


@dataclass(frozen=True)
class IndexedModel:
    """A model of the index.

    Attributes:
        name: Name of the model and its config.
        config: Path of the config, relative to the root of the repository.
        weights: URL of the weights, or a path, of which only the file name is
            used. None if no weights are published.
        sha256: Checksum of the weights.
        folder: Folder of the weights.
    """

    name: str
    config: str
    weights: str | None
    sha256: str | None
    folder: Path


def read_model_index(
    folder: str | os.PathLike[str] | None = None,
) -> dict[str, IndexedModel]:
    """Return the models of an index by name and alias.

    Args:
        folder: Folder of the index and its weights. None means the index of
            the library.

    Raises:
        OSError: If the index or a metafile cannot be read.
        ValueError: If an entry is missing, or a name occurs twice.
    """
    folder = FOLDER if folder is None else Path(folder)
    # The weights of the library are not in the folder of its index.
    weights = folder.with_name('weights') if folder.name == '.mim' else folder
    found: dict[str, IndexedModel] = {}
    for path, entry in _entries(folder / INDEX, folder):
        try:
            model = IndexedModel(
                entry['Name'],
                entry['Config'],
                entry.get('Weights'),
                entry['Metadata'].get('SHA256'),
                weights,
            )
            names = (model.name, *entry.get('Alias', ()))
        except (KeyError, TypeError, AttributeError) as error:
            raise _no_index(path, error) from error
        for name in names:
            if name in found:
                raise ValueError(f"'{path}' has two models named {name!r}")
            found[name] = model
    return found


def find_weights(weights: str | os.PathLike[str]) -> Path:
    """Return the path of weights, and download them if needed.

    Args:
        weights: Name of a model in the index of the library, or a path.

    Raises:
        OSError: If the file does not exist or cannot be downloaded.
        ValueError: If its checksum is wrong.
    """
    models = read_model_index()
    name = str(weights)
    if name in models:
        return obtain_weights(models[name])
    if not Path(name).is_file():
        published = sorted(key for key in models if models[key].weights)
        raise FileNotFoundError(
            f'weights={name!r} is neither a file nor one of the models '
            f'{", ".join(published)}'
        )
    return Path(name)


def obtain_weights(model: IndexedModel) -> Path:
    """Return the path of the weights of a model, and download them if needed.

    Downloads are saved in ``torch.hub.get_dir()``, which ``TORCH_HOME``
    changes, and verified at each use.

    Raises:
        OSError: If the file does not exist or cannot be downloaded.
        ValueError: If there are no weights, or their checksum is wrong.
    """
    if model.weights is None or model.sha256 is None:
        raise ValueError(
            f'no weights of {model.name} are published in this version; train '
            f'{model.config}, and use the path of its checkpoint as weights'
        )
    name = model.weights.rpartition('/')[2]
    if '://' in model.weights:
        return _fetch(model.weights, model.sha256, name, model.name)
    path = model.folder / name
    if not path.is_file():
        raise FileNotFoundError(
            f"'{path}', the weights of {model.name}, is missing; install "
            'mmasgan again'
        )
    found = file_sha256(path)
    if found != model.sha256:
        raise ValueError(
            f"'{path}' is not the published file of {model.name}: its sha256 "
            f'is {found}, expected {model.sha256}; install mmasgan again, or '
            'use the path as weights to skip this check'
        )
    return path


def _entries(path: Path, folder: Path) -> Iterator[tuple[Path, Any]]:
    """Yield the models of a metafile and its imports, with their metafile."""
    try:
        content = yaml.load(path.read_text(encoding='utf-8'), _Loader)
        imported = list(content.get('Import', ()))
        models = [] if imported else list(content['Models'])
    except (yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        raise _no_index(path, error) from error
    for name in imported:
        yield from _entries(folder / name, folder)
    yield from ((path, entry) for entry in models)


def _no_index(path: Path, error: Exception) -> ValueError:
    return ValueError(f"'{path}' is not an index of models: {error!r}")


def _fetch(address: str, sha256: str, name: str, model: str) -> Path:
    try:
        import torch
    except ImportError as error:
        raise ImportError(
            f'downloading the weights of {model} needs PyTorch, which is not '
            f"installed; download '{address}' yourself, and use its path as "
            'weights'
        ) from error
    folder = Path(torch.hub.get_dir()) / 'mmasgan'
    path = folder / f'{sha256[:12]}-{name}'
    if path.is_file() and file_sha256(path) == sha256:
        return path
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Renames a temporary file after verifying the checksum.
        torch.hub.download_url_to_file(address, str(path), hash_prefix=sha256)
    except OSError as error:
        raise OSError(
            f"the weights of {model} cannot be downloaded from '{address}' "
            f"to '{folder}' ({error}); download the file yourself, and use "
            'its path as weights'
        ) from error
    except RuntimeError as error:
        raise ValueError(
            f"'{address}' is not the published file of {model}: {error}"
        ) from error
    return path
