"""Videos, read and written one frame at a time, by PyAV, which is an extra."""

from typing import Any

from ..._moved import keep_old_names

keep_old_names(__name__)


def import_av() -> Any:
    """Import PyAV.

    Raises:
        ImportError: If it is not installed; the message tells how to.
    """
    try:
        import av
    except ImportError as error:
        raise ImportError(
            'videos need PyAV, which is not installed: pip install "av>=14.2"'
        ) from error
    return av
