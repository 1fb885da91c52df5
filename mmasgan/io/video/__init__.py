"""Reading and writing of videos frame by frame, with PyAV (optional)."""

from pathlib import Path
from typing import Any

from ..._moved import keep_old_names

INSTALL = 'pip install "av>=14.2,<19"'

keep_old_names(__name__)


def import_av() -> Any:
    """Import PyAV.

    Raises:
        ImportError: If it is not installed, or a version that is not
            supported; the message has the command.
    """
    try:
        import av
    except ImportError as error:
        raise ImportError(
            f'videos need PyAV, which is not installed: {INSTALL}'
        ) from error
    if int(av.__version__.partition('.')[0]) >= 19:
        raise ImportError(
            f'videos need PyAV below 19, but {av.__version__} is installed: '
            f'{INSTALL}'
        )
    return av


def open_video(path: Path, **options: str) -> Any:
    """Open a local file, which must not refer to others, with PyAV."""
    return import_av().open(
        str(path.absolute()),  # could otherwise be taken for a protocol
        options={'protocol_whitelist': 'file', **options},
        metadata_errors='surrogateescape',
    )
