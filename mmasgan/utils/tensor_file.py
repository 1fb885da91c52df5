"""Safe reading of files written by ``torch.save``."""

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

LONGEST = 200  # characters of the cause in a message
LEGACY = 5  # pickles of a file of torch before 1.6


def read_tensors(
    path: str, history: bool = False, mmap: bool = False
) -> Mapping[str, Any]:
    """Read a dict of tensors, without running code in the file.

    Args:
        path: Path of a file written by ``torch.save``.
        history: Whether MMEngine's log buffers are allowed; they are replaced
            by empty objects.
        mmap: Whether tensors stay on the disk until they are used.

    Raises:
        FileNotFoundError: If the file does not exist.
        ValueError: If it is damaged or contains anything else.
    """
    if not Path(path).is_file():
        raise FileNotFoundError(
            f'weights={path!r}: no such file, and not the name of a source; '
            'None gives random weights'
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
    # A damaged file may cause any error.
    except Exception as error:
        raise ValueError(
            f"'{path}' cannot be read as a file of tensors: {_cause(error)}"
        ) from error
    if not isinstance(found, Mapping):
        raise ValueError(
            f"'{path}' contains a {type(found).__name__}, expected a dict of "
            'tensors'
        )
    return found


def _check_stored(path: str) -> None:
    """Refuse a compressed file, or one that is nested too deeply.

    ``torch.save`` does not compress.
    """
    with open(path, 'rb') as file:
        if file.read(4) != b'PK\3\4':  # before torch 1.6
            file.seek(0)
            for _ in range(LEGACY):
                check_nesting(file)
            return
        with zipfile.ZipFile(file) as archive:
            size = sum(info.file_size for info in archive.infolist())
    if size > os.path.getsize(path):
        raise ValueError(f'it is compressed, and unpacks to {size} bytes')
    # Use the reader of torch.load: another might find another pickle.
    reader = torch._C.PyTorchFileReader(path)
    check_nesting(BytesIO(reader.get_record('data.pkl')))


def _cause(error: Exception) -> str:
    """Return the cause of an error of torch in one line."""
    code = re.search(r'GLOBAL (\S+) was not an allowed', str(error))
    if code:
        return f'it would run {code[1]}'
    match = re.search(r'WeightsUnpickler error: *(.*)', str(error))
    lines = (match[1] if match else str(error)).strip().splitlines()
    return lines[0][:LONGEST] if lines else type(error).__name__
