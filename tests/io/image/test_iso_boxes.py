import struct

import pytest
from samples import IPTC, RGB, SRGB, XMP, by_pillow, exif

from mmasgan.io.image.iso_boxes import add_jp2_metadata, transfer_of_avif
from mmasgan.io.image.metadata import Metadata
from mmasgan.io.image.reader import read_photo

UUIDS = {
    'xmp': bytes.fromhex('be7acfcb97a942e89c71999491e3afac'),
    'iptc': bytes.fromhex('33c7a4d2b81d4723a0baf1a3e097ad38'),
    'exif': b'JpgTiffExif->JP2',
}


def box(kind, content, form='short'):
    if form == 'long':
        return struct.pack('>I4sQ', 1, kind, 16 + len(content)) + content
    size = 0 if form == 'last' else 8 + len(content)
    return struct.pack('>I4s', size, kind) + content


@pytest.mark.parametrize('form', ['short', 'long', 'last'])
def test_all_that_goes_with_jpeg_2000(form):
    content = by_pillow('JPEG2000', RGB)
    content += box(b'uuid', UUIDS['iptc'] + IPTC)
    content += box(b'uuid', UUIDS['exif'] + exif()[6:])
    content += box(b'uuid', UUIDS['xmp'] + XMP, form)
    photo = read_photo(content)
    assert photo.iptc == IPTC
    assert photo.xmp == XMP.replace(b'"6"', b'"1"')
    assert b'Maker' in photo.exif


def test_the_profile_of_jpeg_2000():
    meta = Metadata()
    colours = box(b'colr', bytes([2, 0, 0]) + SRGB)
    add_jp2_metadata(meta, box(b'jp2h', box(b'ihdr', bytes(14)) + colours))
    assert meta.icc_profile == SRGB
    add_jp2_metadata(meta, b'\0\0\0\x03oops')  # no box: no loop


def test_the_transfer_of_avif():
    nclx = box(b'colr', b'nclx' + struct.pack('>HHHB', 9, 16, 9, 0))
    assert transfer_of_avif(b'something' + nclx) == 16
    assert transfer_of_avif(b'something') == 0
    content = bytearray(by_pillow('AVIF'))
    place = content.index(b'colrnclx') + 8
    content[place : place + 4] = struct.pack('>HH', 9, 18)
    (note,) = read_photo(bytes(content)).notes
    assert note.startswith('its brightness is HDR (HLG)')
