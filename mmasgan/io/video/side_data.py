"""Side data of frames."""

from typing import Any

from . import import_av, version_of

__all__ = ['notes_of_lost', 'side_data_of']

LOST = {
    'A53_CC': 'closed captions within the picture are left out',
    'SPHERICAL': 'the panorama tag (360 degrees) is left out',
    'STEREO3D': 'the mark of a stereo picture (3D) is left out',
}


def side_data_of(frame: Any) -> list[Any]:
    """Return the side data of a frame.

    Args:
        frame: PyAV frame; it stays in memory until the next garbage
            collection.
    """
    av = import_av()
    try:
        data = frame.side_data
    except ValueError:
        # A type that PyAV below 19 does not know, such as EXIF.
        kinds = av.sidedata.sidedata.Type
        kinds._missing_ = classmethod(_unknown_kind)
        data = frame.side_data
    return list(data.values() if version_of(av) >= (19,) else data)


def notes_of_lost(frame: Any, metadata: dict[str, str]) -> tuple[str, ...]:
    """Return notes on side data that new frames do not have."""
    names = {part.type.name for part in side_data_of(frame)}
    if 'stereo_mode' in metadata:
        names.discard('STEREO3D')
    return tuple(note for name, note in LOST.items() if name in names)


def _unknown_kind(kinds: Any, number: int) -> Any:
    kind = object.__new__(kinds)
    kind._name_, kind._value_ = f'UNKNOWN_{number}', number
    return kind
