"""Reading and writing of videos frame by frame, with PyAV (optional)."""

from pathlib import Path
from typing import Any

from ..._moved import keep_old_names

INSTALL = 'pip install "av>=14.2"'

keep_old_names(__name__)


def import_av() -> Any:
    """Import PyAV.

    Raises:
        ImportError: If it is not installed; the message has the command.
    """
    try:
        import av
    except ImportError as error:
        raise ImportError(
            f'videos need PyAV, which is not installed: {INSTALL}'
        ) from error
    return av


def av_version() -> int:
    """Return the major version of PyAV."""
    return int(import_av().__version__.partition('.')[0])


def open_video(path: Path, **options: str) -> Any:
    """Open a local file, which must not refer to others, with PyAV."""
    return _open(path, 'r', options={'protocol_whitelist': 'file', **options})


def create_video(path: Path, muxer: str, options: dict[str, str]) -> Any:
    """Create a file with PyAV."""
    return _open(path, 'w', format=muxer, container_options=options)


def _open(path: Path, mode: str, **arguments: Any) -> Any:
    if av_version() < 19:  # later versions preserve any bytes
        arguments['metadata_errors'] = 'surrogateescape'
    # A relative path could be taken for a protocol.
    return import_av().open(str(path.absolute()), mode, **arguments)
