"""Metadata of a video: title, place, languages, chapters."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from . import open_video

__all__ = ['kept_metadata', 'lost_texts']

ABOUT_THE_FILE = (
    '_statistics',
    'bps',
    'compatible_brands',
    'duration',
    'encoder',
    'major_brand',
    'minor_version',
    'number_of_',
    'rotate',
)
"""Prefixes of metadata about the file itself."""

UNSEEN = {'alpha_mode', 'handler_name', 'timecode', 'variant_bitrate',
          'vendor_id'}  # fmt: skip
"""Metadata that are stored elsewhere or not shown."""


def kept_metadata(metadata: dict[str, str]) -> dict[str, str]:
    """Return the metadata that remain valid for a new file."""
    kept = {
        key: value
        for key, value in metadata.items()
        if not key.lower().startswith(ABOUT_THE_FILE)
    }
    if 'creation_time' in kept:  # MP4 has it twice, and FFmpeg 9 joins them
        kept['creation_time'] = kept['creation_time'].partition(';')[0]
    return kept


def lost_texts(path: Path, holders: Iterable[Any], source: Any) -> list[str]:
    """Return the names of metadata that a result lacks."""
    with open_video(path) as result:
        found = {text for _, text in _texts([result, *result.streams])}
        chapters = len(result.chapters())
    lost = dict.fromkeys(
        key for key, text in _texts([source, *holders]) if text not in found
    )
    if len(source.chapters()) > chapters:
        lost['chapters'] = None
    return list(lost)


def _texts(holders: Iterable[Any]) -> Iterator[tuple[str, str]]:
    for holder in holders:
        for key, text in kept_metadata(holder.metadata).items():
            name = key.lower()
            if name not in UNSEEN and text not in ('', 'und'):
                yield name, text
