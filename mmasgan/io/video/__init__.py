"""Reading and writing of videos frame by frame, with PyAV (optional)."""

from pathlib import Path
from typing import Any

from ..._moved import keep_old_names

INSTALL = 'pip install "av>=17.1"'
OLDEST = (17, 1)

keep_old_names(__name__)


def import_av() -> Any:
    """Import PyAV.

    Raises:
        ImportError: If it is not installed, or too old; the message has the
            command.
    """
    try:
        import av
    except ImportError as error:
        raise ImportError(
            f'videos need PyAV, which is not installed: {INSTALL}'
        ) from error
    if version_of(av) < OLDEST:
        raise ImportError(
            f'PyAV {av.__version__} is installed, which is too old: {INSTALL}'
        )
    return av


def version_of(av: Any) -> tuple[int, ...]:
    """Return the major and minor version of PyAV."""
    return tuple(int(number) for number in av.__version__.split('.')[:2])


def open_video(path: Path, **options: str) -> Any:
    """Open a local file, which must not refer to others, with PyAV."""
    return _open(path, 'r', options={'protocol_whitelist': 'file', **options})


def create_video(path: Path, muxer: str, options: dict[str, str]) -> Any:
    """Create a file with PyAV."""
    return _open(path, 'w', format=muxer, container_options=options)


def _open(path: Path, mode: str, **arguments: Any) -> Any:
    av = import_av()
    if version_of(av) < (19,):  # later versions preserve any bytes
        arguments['metadata_errors'] = 'surrogateescape'
    # A relative path could be taken for a protocol.
    return av.open(str(path.absolute()), mode, **arguments)
