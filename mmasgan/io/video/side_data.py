"""What frames hold beside their pixels."""

from typing import Any

from . import import_av

__all__ = ['notes_of_lost', 'side_data_of']

LOST = {
    'A53_CC': 'closed captions within the picture are left out',
    'SPHERICAL': 'that the picture is a panorama (360 degrees) is left out',
    'STEREO3D': 'that the picture is of two eyes (3D) is left out',
}


def side_data_of(frame: Any) -> list[Any]:
    """Return PyAV's side data of a frame.

    Args:
        frame: PyAV keeps a frame that was asked for this in memory until the
            next garbage collection.
    """
    try:
        return list(frame.side_data)
    except ValueError:
        # Of a kind that FFmpeg has and PyAV does not know, such as EXIF.
        kinds = import_av().sidedata.sidedata.Type
        kinds._missing_ = classmethod(_unknown_kind)
        return list(frame.side_data)


def notes_of_lost(frame: Any, metadata: dict[str, str]) -> tuple[str, ...]:
    """Say what of a frame is no part of a new one.

    Args:
        frame: The first one of a video.
        metadata: Of the stream, where Matroska keeps what is of two eyes.
    """
    names = {part.type.name for part in side_data_of(frame)}
    if 'stereo_mode' in metadata:
        names.discard('STEREO3D')
    return tuple(note for name, note in LOST.items() if name in names)


def _unknown_kind(kinds: Any, number: int) -> Any:
    kind = object.__new__(kinds)
    kind._name_, kind._value_ = f'UNKNOWN_{number}', number
    return kind
