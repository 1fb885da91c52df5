"""Metadata in JPEG 2000 and AVIF files that Pillow does not read."""

from collections.abc import Iterator

from .metadata import Metadata

__all__ = ['add_jp2_metadata', 'transfer_of_avif']

UUIDS = {
    bytes.fromhex('be7acfcb97a942e89c71999491e3afac'): 'xmp',
    bytes.fromhex('33c7a4d2b81d4723a0baf1a3e097ad38'): 'iptc',
    b'JpgTiffExif->JP2': 'exif',
}
ICC = 2  # the method of a colour box
NCLX = b'colrnclx'


def add_jp2_metadata(meta: Metadata, content: bytes) -> None:
    """Read profile, EXIF, XMP and IPTC data of a JPEG 2000 file."""
    for kind, data in _boxes(content):
        if kind == b'jp2h':
            for inner, colours in _boxes(data):
                if inner == b'colr' and colours[:1] == bytes([ICC]):
                    meta.icc_profile = colours[3:]
        elif kind == b'uuid':
            name = UUIDS.get(data[:16])
            if name == 'exif':
                meta.load_exif(data[16:])
            elif name:
                setattr(meta, name, data[16:])


def transfer_of_avif(content: bytes) -> int:
    """Return the transfer characteristic of ITU-T H.273, or 0."""
    place = content.find(NCLX)
    return int.from_bytes(content[place + 10 : place + 12], 'big') * (
        place >= 0
    )


def _boxes(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = 0
    while place + 8 <= len(content):
        size = int.from_bytes(content[place : place + 4], 'big')
        kind, start = content[place + 4 : place + 8], place + 8
        if size == 1:
            size = int.from_bytes(content[start : start + 8], 'big')
            start += 8
        if size == 0:
            size = len(content) - place
        if size < 8:
            return
        yield kind, content[start : place + size]
        place += size
