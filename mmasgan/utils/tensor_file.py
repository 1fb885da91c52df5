"""Files of tensors as ``torch.save`` writes them, read without their code."""

import os
import re
import warnings
import zipfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import torch
from torch.serialization import safe_globals

from .pickle_nesting import check_nesting
from .plain_pickle import skipped_types

__all__ = ['read_tensors']

LONGEST = 200  # characters of a cause
LEGACY = 5  # pickles of a file of torch before 1.6


def read_tensors(
    path: str, history: bool = False, mmap: bool = False
) -> Mapping[str, Any]:
    """Read a file of tensors by name, and run no code in it.

    Args:
        path: A file as ``torch.save`` writes it.
        history: Whether it may hold MMEngine's log buffers besides; what is
            returned in their place is empty.
        mmap: Whether tensors stay on the disk until they are used.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it holds anything else.
    """
    if not Path(path).is_file():
        raise FileNotFoundError(
            f'weights={path!r}: no such file, and not the name of a source; '
            'give None for random weights'
        )
    try:
        _check_stored(path)
        with (
            safe_globals(skipped_types() if history else []),
            warnings.catch_warnings(),
        ):
            warnings.simplefilter('ignore')
            found = torch.load(
                path, map_location='cpu', weights_only=True, mmap=mmap
            )
    except PermissionError:
        raise
    # Whatever a damaged file leads to, in many libraries.
    except Exception as error:
        raise ValueError(
            f"'{path}' cannot be read as a file of tensors, and nothing else "
            f'is loaded: {_cause(error)}'
        ) from error
    if not isinstance(found, Mapping):
        raise ValueError(
            f"'{path}' holds a {type(found).__name__}, expected a dict of "
            'tensors'
        )
    return found


def _check_stored(path: str) -> None:
    """Refuse what unpacks to more than its own size, or nests too deeply.

    ``torch.save`` compresses nothing.
    """
    with open(path, 'rb') as file:
        if file.read(4) != b'PK\3\4':  # what torch wrote before 1.6
            file.seek(0)
            for _ in range(LEGACY):
                check_nesting(file)
            return
        with zipfile.ZipFile(file) as archive:
            size = sum(info.file_size for info in archive.infolist())
    if size > os.path.getsize(path):
        raise ValueError(f'it unpacks to {size} bytes, more than it has')
    # The reader of torch.load: another one might find another pickle.
    reader = torch._C.PyTorchFileReader(path)
    check_nesting(BytesIO(reader.get_record('data.pkl')))


def _cause(error: Exception) -> str:
    """Return one line of what torch says in many."""
    code = re.search(r'GLOBAL (\S+) was not an allowed', str(error))
    if code:
        return f'it asks to run {code[1]}'
    match = re.search(r'WeightsUnpickler error: *(.*)', str(error))
    lines = (match[1] if match else str(error)).strip().splitlines()
    return lines[0][:LONGEST] if lines else type(error).__name__
