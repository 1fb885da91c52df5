"""The models of the library, and the weights of those that have some.

``model-index.yml`` and the metafiles that it imports have OpenMMLab's form
and lie where OpenMMLab's tools look, in ``mmasgan/.mim``. Their paths start at
the repository's root; weights are a file in ``mmasgan/weights``, or an
address.
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
DEFAULT = 'default'  # an alias of one model


@dataclass(frozen=True)
class IndexedModel:
    """A model of the index.

    Attributes:
        name: Its name, that of its config.
        config: Its config file, from the repository's root.
        weights: A file, of which the name alone counts, or an address. None
            where none are published yet.
        sha256: Checksum of that file.
        folder: Where that file lies.
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
        folder: Where the index lies, and the files of weights beside it. None
            takes the library's own.

    Raises:
        OSError: If it, or a file that it imports, cannot be read.
        ValueError: If one of them lacks an entry, or a name is there twice.
    """
    folder = FOLDER if folder is None else Path(folder)
    # What the tools of OpenMMLab read holds no weights.
    weights = folder.with_name('weights') if folder.name == '.mim' else folder
    found: dict[str, IndexedModel] = {}
    for path, entry in _entries(folder / INDEX, folder):
        try:
            model = _model(entry, weights)
            names = (model.name, *entry.get('Alias', ()))
        except (KeyError, TypeError, AttributeError) as error:
            raise _no_index(path, error) from error
        for name in names:
            if name in found:
                raise ValueError(f"'{path}' has two models named {name!r}")
            found[name] = model
    return found


def find_weights(weights: str | os.PathLike[str]) -> Path:
    """Return a file of weights, fetched once if need be.

    Args:
        weights: A model of the library's index that has some, or a file.

    Raises:
        OSError: If there is no such file, or it cannot be fetched.
        ValueError: If it is not what was published.
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
    """Return the file of a model's weights, fetched once if need be.

    What is fetched goes to ``torch.hub.get_dir()``, which ``TORCH_HOME``
    sets, and is checked each time.

    Args:
        model: A model of the index.

    Raises:
        OSError: If the file is missing or cannot be fetched.
        ValueError: If there are no weights, or their checksum is wrong.
    """
    if model.weights is None or model.sha256 is None:
        raise ValueError(
            f'no weights of {model.name} are published in this version; train '
            f'{model.config}, and give the path of its checkpoint as weights'
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
            f"'{path}' is not what was published as {model.name}: its sha256 "
            f'is {found}, expected {model.sha256}; install mmasgan again, or '
            'give the path as weights to take it as it is'
        )
    return path


def _entries(path: Path, folder: Path) -> Iterator[tuple[Path, Any]]:
    """Yield the models that a file lists or imports, each with its file."""
    try:
        content = yaml.safe_load(path.read_text(encoding='utf-8'))
        imported = list(content.get('Import', ()))
        models = [] if imported else list(content['Models'])
    except (yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        raise _no_index(path, error) from error
    for name in imported:
        yield from _entries(folder / name, folder)
    yield from ((path, entry) for entry in models)


def _no_index(path: Path, error: Exception) -> ValueError:
    return ValueError(f"'{path}' is no index of models: {error!r}")


def _model(entry: dict[str, Any], folder: Path) -> IndexedModel:
    return IndexedModel(
        entry['Name'],
        entry['Config'],
        entry.get('Weights'),
        entry['Metadata'].get('SHA256'),
        folder,
    )


def _fetch(address: str, sha256: str, name: str, model: str) -> Path:
    try:
        import torch
    except ImportError as error:
        raise ImportError(
            f'the weights of {model} are fetched by PyTorch, which is not '
            f"installed; bring '{address}' by other means and give its path "
            'as weights'
        ) from error
    folder = Path(torch.hub.get_dir()) / 'mmasgan'
    path = folder / f'{sha256[:12]}-{name}'
    if path.is_file() and file_sha256(path) == sha256:
        return path
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Writes beside it, and renames what has the checksum.
        torch.hub.download_url_to_file(address, str(path), hash_prefix=sha256)
    except OSError as error:
        raise OSError(
            f"the weights of {model} cannot be fetched from '{address}' to "
            f"'{folder}' ({error}); bring the file by other means and give "
            'its path as weights'
        ) from error
    except RuntimeError as error:
        raise ValueError(
            f"'{address}' is not what was published as {model}: {error}"
        ) from error
    return path
