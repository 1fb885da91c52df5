"""PyAV, which is an extra."""

from typing import Any

__all__ = ['import_av']


def import_av() -> Any:
    """Import PyAV.

    Raises:
        ImportError: If it is not installed; the message tells how to.
    """
    try:
        import av
    except ImportError as error:
        raise ImportError(
            'videos need PyAV, which is not installed: '
            'pip install "mmasgan[video]"'
        ) from error
    return av
